#pragma once
// clang-format off
/// Written by coefficients.py; do not edit.

#include <array>

namespace hillock::ir::coefficients {

// ln 2 = ln2_hi + ln2_lo: the first has 38 bits, so that its product with a whole number below 2^15 is exact.
inline constexpr double ln2_hi = 0x1.62e42fefa0000p-1;
inline constexpr double ln2_lo = 0x1.cf79abc9e3b3ap-40;
inline constexpr double log2_e = 0x1.71547652b82fep+0;
inline constexpr double ln2 = 0x1.62e42fefa39efp-1;
/// (e^x - 1 - x)/x^2 on |x| <= ln2/32, relative to e^x. Relative error 1.3e-17.
inline constexpr std::array<double, 5> exp_small{
    0x1.0000000000005p-1, 0x1.55555554836f3p-3, 0x1.555555546af0fp-5, 0x1.111242f8f05f7p-7,
    0x1.6c185130df6d8p-10};
/// (e^x - 1 - x)/x^2 on |x| <= ln2/2, relative to e^x - 1. Relative error 2.4e-17.
inline constexpr std::array<double, 10> expm1_half{
    0x1.0000000000006p-1, 0x1.555555555553dp-3, 0x1.5555555551a73p-5, 0x1.1111111117f6ep-7,
    0x1.6c16c180c8605p-10, 0x1.a01a017b9c263p-13, 0x1.a019a1ed770fbp-16, 0x1.71de769d1e500p-19,
    0x1.28a73368711b8p-22, 0x1.ae8c41748e31bp-26};
/// (e^x - 1 - x)/x^2 on |x| <= 5/8. Relative error 4.9e-17.
inline constexpr std::array<double, 12> exprel_rest{
    0x1.0000000000000p-1, 0x1.5555555555558p-3, 0x1.55555555556d2p-5, 0x1.11111111108ccp-7,
    0x1.6c16c16babcf3p-10, 0x1.a01a01a1d517dp-13, 0x1.a01a02d998cf5p-16, 0x1.71de381ebeb57p-19,
    0x1.27e369dfbf563p-22, 0x1.ae6656ee8ab31p-26, 0x1.20c0b1f62c74bp-29, 0x1.6160735777a34p-33};
/// (log((1+s)/(1-s)) - 2s)/s^3 in z = s^2, |s| <= 3 - 2 sqrt 2. Relative error 1.3e-18.
inline constexpr std::array<double, 7> log_tail{
    0x1.5555555555595p-1, 0x1.999999997f1b0p-2, 0x1.249249428d962p-2, 0x1.c71c51900ef42p-3,
    0x1.7466572ea15f4p-3, 0x1.399f4f767d634p-3, 0x1.2f1db2c574a16p-3};
// log2((1+s)/(1-s)) = c1 s + c3 s^3 + s^5 log2_tail(s^2), as double-doubles, for pow.
inline constexpr double log2_c1_hi = 0x1.71547652b82fep+1;
inline constexpr double log2_c1_lo = 0x1.777d0ffda0d24p-55;
inline constexpr double log2_c3_hi = 0x1.ec709dc3a03fdp-1;
inline constexpr double log2_c3_lo = 0x1.d27f05548af0cp-55;
/// The tail above, relative to the logarithm. Relative error 1.7e-23.
inline constexpr std::array<double, 9> log2_tail{
    0x1.2776c50ef9bffp-1, 0x1.a61762a7adc27p-2, 0x1.484b13d7ec6bbp-2, 0x1.0c9a8480fab4ep-2,
    0x1.c68f6664a8f4ap-3, 0x1.89f07d00db84dp-3, 0x1.5c0189dce6f98p-3, 0x1.2f690b629dd83p-3,
    0x1.6442421bb187ap-3};
// log10 2 = log10_2_hi + log10_2_lo (the first times an exponent is exact), 1/ln 10 as a double-double.
inline constexpr double log10_2_hi = 0x1.34413509f7800p-2;
inline constexpr double log10_2_lo = 0x1.fef311f12b358p-46;
inline constexpr double log10_e_hi = 0x1.bcb7b1526e50ep-2;
inline constexpr double log10_e_lo = 0x1.95355baaafad3p-57;
// 2 pi as a double-double.
inline constexpr double two_pi_hi = 0x1.921fb54442d18p+2;
inline constexpr double two_pi_lo = 0x1.1a62633145c07p-52;
/// (sin x - x)/x^3 in x^2, |x| <= pi/4. Relative error 3.8e-18.
inline constexpr std::array<double, 6> sin_tail{
    -0x1.5555555555548p-3, 0x1.111111110f76cp-7, -0x1.a01a019bf47c8p-13, 0x1.71de356101f76p-19,
    -0x1.ae5e55ce16221p-26, 0x1.5d8e865cf0aa1p-33};
/// (cos x - 1 + x^2/2)/x^4 in x^2, |x| <= pi/4. Relative error 5.2e-20.
inline constexpr std::array<double, 6> cos_tail{
    0x1.555555555554bp-5, -0x1.6c16c16c1503fp-10, 0x1.a01a019c95689p-16, -0x1.27e4f7f6ea6fcp-22,
    0x1.1ee9dfb7cf91ep-29, -0x1.8fa8985847226p-37};
// 2/pi = sum of pieces[j] 2^(-53 (j - 2)): pieces of 53 bits, multiples of 2^-53 in [0, 1), after two zeros.
inline constexpr std::array<double, 25> two_over_pi_pieces{
    0x0.0p+0, 0x0.0p+0, 0x1.45f306dc9c882p-1, 0x1.4a7f09d5f47d4p-1,
    0x1.a6ee06db14accp-1, 0x1.3c439041fe516p-1, 0x1.d5ef5de2b0db8p-3, 0x1.2371d2126e970p-2,
    0x1.924bba8274600p-8, 0x1.21cfe1deb1cb1p-1, 0x1.4d39f74411af8p-3, 0x1.4baed1213a671p-1,
    0x1.8135a2fbf209cp-1, 0x1.91d639835339fp-1, 0x1.272117e2ef7e4p-2, 0x1.41d8ffc4bffeep-2,
    0x1.02cc07f79788cp-1, 0x1.6b414da3eda6cp-2, 0x1.fb3c9f2c26dd2p-2, 0x1.d18fd9a797fa8p-1,
    0x1.6ba93dd63f5f2p-1, 0x1.f17b3d0739f78p-1, 0x1.4a525d4d7f6bfp-1, 0x1.88fc6ae842b00p-2,
    0x1.98237e3db5d5fp-1};
/// (asin x - x)/x^3 in x^2, |x| <= 1/2. Relative error 1.6e-17.
inline constexpr std::array<double, 12> asin_tail{
    0x1.555555555538dp-3, 0x1.333333336e690p-4, 0x1.6db6db42ae621p-5, 0x1.f1c72c21a1db0p-6,
    0x1.6e89f6cb027a1p-6, 0x1.1c6bb83cd1fadp-6, 0x1.c701142f78b7fp-7, 0x1.8eaccfc3784d9p-7,
    0x1.ac8f9791cd138p-8, 0x1.3f721f3ed88c8p-6, -0x1.090934ec70e09p-6, 0x1.052986a0889cfp-5};
/// (atan x - x)/x^3 in x^2, |x| <= 1/2. Relative error 4.3e-18.
inline constexpr std::array<double, 12> atan_tail{
    -0x1.5555555555513p-2, 0x1.9999999990ca2p-3, -0x1.2492492148c1ap-3, 0x1.c71c708aaf314p-4,
    -0x1.745cf44010383p-4, 0x1.3b1136039e52cp-4, -0x1.10f2d640b2f0cp-4, 0x1.dfe5e1bd95967p-5,
    -0x1.a3896f0336209p-5, 0x1.56ce16c041fd4p-5, -0x1.c106b4e35e1cdp-6, 0x1.4ae21f8d92e3ep-7};
// Single precision. ln 2 = single_ln2_hi + single_ln2_lo.
inline constexpr double single_log2_e = 0x1.7154760000000p+0;
inline constexpr double single_ln2_hi = 0x1.62e4300000000p-1;
inline constexpr double single_ln2_lo = -0x1.05c6100000000p-29;
/// (e^x - 1 - x)/x^2 on |x| <= ln2/2, relative to e^x; single precision. Relative error 3.9e-09.
inline constexpr std::array<double, 5> single_exp{
    0x1.fffff80000000p-2, 0x1.5554860000000p-3, 0x1.555b7c0000000p-5, 0x1.1241c20000000p-7,
    0x1.687d620000000p-10};
/// The same, relative to e^x - 1. Relative error 5.0e-10.
inline constexpr std::array<double, 6> single_expm1{
    0x1.0000000000000p-1, 0x1.5555540000000p-3, 0x1.5554ec0000000p-5, 0x1.1112fe0000000p-7,
    0x1.6d49500000000p-10, 0x1.9e25d60000000p-13};
/// (e^x - 1)/x on |x| <= 5/8; single precision. Relative error 1.9e-08.
inline constexpr std::array<double, 7> single_exprel{
    0x1.0000000000000p+0, 0x1.0000060000000p-1, 0x1.55554c0000000p-3, 0x1.554e140000000p-5,
    0x1.1113fa0000000p-7, 0x1.709de20000000p-10, 0x1.a1532a0000000p-13};

}  // namespace hillock::ir::coefficients
