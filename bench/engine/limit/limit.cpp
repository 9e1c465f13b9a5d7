// Physical-limit prototype: Pospischil HH with M current, exponential Euler, one lane = one draw. See RESULTS.md.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cmath>
#include <vector>
#include <algorithm>
#include <random>
#include <time.h>
#include "../../simulate/limit/simd.hpp"
#include "../../simulate/limit/clock.hpp"
static const double EK=-107, ENa=53, V0=-70, I0=5e-4/(M_PI*70e-4*70e-4); // uA/cm2
struct Draw{ double gNa,gK,gL,gM,tau,VT,EL,sig; };   // mS/cm2, ms, mV; VT, EL negative; sig: uA/cm2 per step (Goncalves: nois_fact/sqrt(dt))
struct Feat{ double n,mean,sd,skew,kurt; };

// ---- random numbers: Philox4x32-10, counter = (step pair, lane, 0, seed) in 64-bit lanes
struct Philox{ 
  static INL void run(__m512i c0,__m512i c1,__m512i c2,__m512i c3,uint32_t k0,uint32_t k1,__m512i o[4]){
    const __m512i M0=_mm512_set1_epi64(0xD2511F53),M1=_mm512_set1_epi64(0xCD9E8D57);
    _Pragma("GCC unroll 10") for(int r=0;r<10;r++){ __m512i p0=_mm512_mul_epu32(c0,M0),p1=_mm512_mul_epu32(c2,M1);
      c0=_mm512_ternarylogic_epi64(_mm512_srli_epi64(p1,32),c1,_mm512_set1_epi64(k0),0x96); c1=p1;
      c2=_mm512_ternarylogic_epi64(_mm512_srli_epi64(p0,32),c3,_mm512_set1_epi64(k1),0x96); c3=p0; k0+=0x9E3779B9; k1+=0xBB67AE85; }
    o[0]=c0;o[1]=c1;o[2]=c2;o[3]=c3; } };
template<class T> struct LogTab{ T inv[16],lg[16]; LogTab(){ for(int i=0;i<16;i++){ double c=1+(i+.5)/16; inv[i]=(T)(1/c); lg[i]=(T)(-2*std::log(1/(double)inv[i])); } } };
static const LogTab<double> LTd; static const LogTab<float> LTf;
// two normals per lane from 2 uniforms; radius^2 = -2 ln u, u in (0,1]
template<int N> INL void gauss2(uint32_t pair,const uint32_t*lane0,uint32_t seed,P<double,N>&z0,P<double,N>&z1){
  P<double,N> L,X,si,co; 
  EACH { __m512i o[4]; __m512i lane=_mm512_add_epi64(_mm512_set1_epi64(lane0[k]),_mm512_setr_epi64(0,1,2,3,4,5,6,7));
    Philox::run(_mm512_set1_epi64(pair),lane,_mm512_setzero_si512(),_mm512_set1_epi64(seed),0x1234567,0x89abcdef,o);
    const __m512i lo=_mm512_set1_epi64(0xffffffff); // 64 bits a, b
    __m512i a=_mm512_ternarylogic_epi64(_mm512_slli_epi64(o[0],32),o[1],lo,0xF8), b=_mm512_ternarylogic_epi64(_mm512_slli_epi64(o[2],32),o[3],lo,0xF8);
    // u in (0,1]: 2 - [1,2)
    __m512d u=_mm512_sub_pd(_mm512_set1_pd(2),_mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(a,12),_mm512_set1_epi64(0x3ff0000000000000))));
    __m512i ub=_mm512_castpd_si512(u); __m512i idx=_mm512_srli_epi64(ub,48); __m512d m=_mm512_castsi512_pd(_mm512_ternarylogic_epi64(ub,_mm512_set1_epi64(0x000fffffffffffff),_mm512_set1_epi64(0x3ff0000000000000),0xEA));
    __m512d e=_mm512_cvtepi64_pd(_mm512_srli_epi64(ub,52));
    __m512d c=_mm512_permutex2var_pd(_mm512_loadu_pd(LTd.inv),idx,_mm512_loadu_pd(LTd.inv+8)), l=_mm512_permutex2var_pd(_mm512_loadu_pd(LTd.lg),idx,_mm512_loadu_pd(LTd.lg+8));
    X.v[k]=_mm512_fmsub_pd(m,c,_mm512_set1_pd(1)); L.v[k]=_mm512_fmadd_pd(e,_mm512_set1_pd(-2*M_LN2),_mm512_add_pd(l,_mm512_set1_pd(2*M_LN2*1023)));
    // angle: fraction in [-.5,.5) of a quarter turn, quadrant from the two low bits
    __m512d f=_mm512_sub_pd(_mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(b,12),_mm512_set1_epi64(0x3ff0000000000000))),_mm512_set1_pd(1.5));
    si.v[k]=f; co.v[k]=_mm512_castsi512_pd(b); }
  P<double,N> lp=fma_(X*X,poly<LGQ_<double>>(X),X); P<double,N> r2=fma_(lp,-2.0,L); 
  P<double,N> f=si,f2=f*f; P<double,N> s=f*poly<SN_<double>>(f2), c=poly<CS_<double>>(f2); 
  EACH { __m512d r=_mm512_sqrt_pd(_mm512_max_pd(r2.v[k],_mm512_setzero_pd())); __m512i b=_mm512_castpd_si512(co.v[k]); __m512i sg=_mm512_set1_epi64(1ull<<63);
    z0.v[k]=_mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(r*s.v[k]),_mm512_slli_epi64(b,63),sg,0x78)); // xor sign (bit 0)
    z1.v[k]=_mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(r*c.v[k]),_mm512_slli_epi64(b,62),sg,0x78));
    __mmask8 sw=_mm512_test_epi64_mask(b,_mm512_set1_epi64(4)); __m512d t=z0.v[k]; z0.v[k]=_mm512_mask_blend_pd(sw,z0.v[k],z1.v[k]); z1.v[k]=_mm512_mask_blend_pd(sw,z1.v[k],t); } }
template<int N> INL void gauss2(uint32_t pair,const uint32_t*lane0,uint32_t seed,P<float,N>&z0,P<float,N>&z1){
  P<float,N> L,X,si,co; 
  EACH { __m512i o[4]; __m512i lane=_mm512_add_epi64(_mm512_set1_epi64(lane0[k]),_mm512_setr_epi64(0,1,2,3,4,5,6,7));
    Philox::run(_mm512_set1_epi64(pair),lane,_mm512_setzero_si512(),_mm512_set1_epi64(seed),0x1234567,0x89abcdef,o);
    const __m512i lo=_mm512_set1_epi64(0xffffffff);
    __m512i a=_mm512_ternarylogic_epi64(_mm512_slli_epi64(o[0],32),o[1],lo,0xF8), b=_mm512_ternarylogic_epi64(_mm512_slli_epi64(o[2],32),o[3],lo,0xF8);
    __m512 u=_mm512_fmadd_ps(_mm512_cvtepu32_ps(_mm512_srli_epi32(a,1)),_mm512_set1_ps(0x1p-31f),_mm512_set1_ps(0x1p-32f)); // (0,1]
    __m512i ub=_mm512_castps_si512(u); __m512i idx=_mm512_srli_epi32(ub,19); __m512 m=_mm512_castsi512_ps(_mm512_ternarylogic_epi32(ub,_mm512_set1_epi32(0x007fffff),_mm512_set1_epi32(0x3f800000),0xEA));
    __m512 e=_mm512_cvtepi32_ps(_mm512_srli_epi32(ub,23));
    __m512 c=_mm512_permutexvar_ps(idx,_mm512_loadu_ps(LTf.inv)), l=_mm512_permutexvar_ps(idx,_mm512_loadu_ps(LTf.lg));
    X.v[k]=_mm512_fmsub_ps(m,c,_mm512_set1_ps(1)); L.v[k]=_mm512_fmadd_ps(_mm512_sub_ps(e,_mm512_set1_ps(127)),_mm512_set1_ps(-2*(float)M_LN2),l);
    si.v[k]=_mm512_sub_ps(_mm512_castsi512_ps(_mm512_or_si512(_mm512_srli_epi32(b,9),_mm512_set1_epi32(0x3f800000))),_mm512_set1_ps(1.5f)); co.v[k]=_mm512_castsi512_ps(b); }
  P<float,N> lp=fma_(X*X,poly<LGQ_<float>>(X),X); P<float,N> r2=fma_(lp,-2.f,L); 
  P<float,N> f=si,f2=f*f; P<float,N> s=f*poly<SN_<float>>(f2), c=poly<CS_<float>>(f2); 
  EACH { __m512 r=_mm512_sqrt_ps(_mm512_max_ps(r2.v[k],_mm512_setzero_ps())); __m512i b=_mm512_castps_si512(co.v[k]); __m512i sg=_mm512_set1_epi32(1u<<31);
    z0.v[k]=_mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(r*s.v[k]),_mm512_slli_epi32(b,31),sg,0x78));
    z1.v[k]=_mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(r*c.v[k]),_mm512_slli_epi32(b,30),sg,0x78));
    __mmask16 sw=_mm512_test_epi32_mask(b,_mm512_set1_epi32(4)); __m512 t=z0.v[k]; z0.v[k]=_mm512_mask_blend_ps(sw,z0.v[k],z1.v[k]); z1.v[k]=_mm512_mask_blend_ps(sw,z1.v[k],t); } }

// ---- model
template<class T,int N> struct Par{ P<T,N> gNa,gK,gL,gM,itau,vs,kq,lE,sig; };  // conductances * dt; itau = dt/tau_max; vs = EK - VT - 39 (y = v + vs); kq: q = w18*kq; lE = gL*(EL-EK)
template<class T,int N> struct St{ P<T,N> v,m,h,n,p; };                        // v = V - EK

// gate/voltage update from rates (already * dt); a: alpha, s: alpha+beta.  MODE 0: polynomials (bounded argument), 1: general
template<class C,int MODE,class T,int N> INL P<T,N> upd(const P<T,N>&g,const P<T,N>&a,const P<T,N>&s){
  P<T,N> t=fnma_(s,g,a); if(MODE==0) return fma_(t,poly<C>(s),g); 
  P<T,N> z=T(0)-s; P<T,N> f=expm1_(z)/z; P<T,N> r; EACH r.v[k]=vsel(vlt(vabs(s.v[k]),set1(T(1e-30))),set1(T(1)),f.v[k]); return fma_(t,r,g); }
template<int MODE,class T,int N> INL void finish(St<T,N>&S,const Par<T,N>&p,const P<T,N>&I,const P<T,N>&am,const P<T,N>&bm,const P<T,N>&ah,const P<T,N>&bh,const P<T,N>&an,const P<T,N>&bn,const P<T,N>&ap,const P<T,N>&sp){
  P<T,N> m2=S.m*S.m, mh=S.m*S.h, n2=S.n*S.n; P<T,N> gna=p.gNa*(m2*mh), gk=fma_(p.gM,S.p,p.gK*(n2*n2));
  P<T,N> G=(gna+gk)+p.gL; P<T,N> B=fma_(gna,T(ENa-EK),p.lE+I);
  S.v=upd<PV_<T>,MODE>(S.v,B,G);
  S.m=upd<PM_<T>,MODE>(S.m,am,am+bm); S.h=upd<PH_<T>,MODE>(S.h,ah,ah+bh); S.n=upd<PN_<T>,MODE>(S.n,an,an+bn); S.p=upd<PN_<T>,MODE>(S.p,ap,sp); }
TN P<T,N> xrel(const P<T,N>&x,P<T,N>*e=nullptr){ // x/(exp(x)-1), and exp(x)
  P<T,N> f=x/expm1_(x,e); EACH f.v[k]=vsel(vlt(vabs(x.v[k]),set1(T(1e-20))),set1(T(1)),f.v[k]); return f; }
// strict: every exp and exprel computed on its own to 1-2 ulp (exact shares only: exp(-x)=1/exp(x), squares)
template<int MODE,class T,int N> INL void rates_strict(const P<T,N>&v,const Par<T,N>&p,T dt,P<T,N>&am,P<T,N>&bm,P<T,N>&ah,P<T,N>&bh,P<T,N>&an,P<T,N>&bn,P<T,N>&ap,P<T,N>&sp){
  P<T,N> y=v+p.vs, E5; 
  am=xrel((y+T(26))*T(-.25))*T(.32*4*dt); 
  bm=xrel((y-T(1))*T(.2),&E5)*T(.28*5*dt); bh=T(4*dt)*E5/(E5+T(1)); 
  an=xrel((y+T(24))*T(-.2))*T(.032*5*dt);
  P<T,N> e40=exptab_(y*T(-1./40)); ah=exptab_(y*T(-1./18))*T(.128*std::exp(-22./18)*dt); bn=e40*T(.5*std::exp(-29./40)*dt);
  P<T,N> q=e40*e40*p.kq;
  P<T,N> q2=q*q; ap=(q2+T(3.3))*p.itau/fma_(q,q2,q); sp=fma_(ap,q2,ap); }
template<class T,int N> __attribute__((noinline)) void step_slow(St<T,N>*S,const Par<T,N>*p,T dt,const P<T,N>*I){
  P<T,N> am,bm,ah,bh,an,bn,ap,sp; rates_strict<1>(S->v,*p,dt,am,bm,ah,bh,an,bn,ap,sp); finish<1>(*S,*p,*I,am,bm,ah,bh,an,bn,ap,sp); }
enum { STRICT=0, ALG=1 };
template<int VAR,class T,int N> INL unsigned rates(const P<T,N>&v,const Par<T,N>&p,T dt,P<T,N>&am,P<T,N>&bm,P<T,N>&ah,P<T,N>&bh,P<T,N>&an,P<T,N>&bn,P<T,N>&ap,P<T,N>&sp){
  unsigned bad=0; 
  EACH bad|=vnge(set1(T(82)),vabs(v.v[k]-set1(T(81)))); // V in [-108,56]: all polynomial arguments in range
  if constexpr(VAR==STRICT) rates_strict<0>(v,p,dt,am,bm,ah,bh,an,bn,ap,sp);
  else { 
    P<T,N> y=v+p.vs, E4,F,G,w9,w18,w20;
    if constexpr(sizeof(T)==8){ P<T,N> w=poly<W_<T>>(y), w2=w*w,w4=w2*w2,w8=w4*w4; w9=w8*w; w18=w9*w9; w20=w18*w2; P<T,N> w36=w18*w18,w72=w36*w36,w90=w72*w18;
      E4=w90*T(std::exp(-6.5)); F=w72*T(std::exp(.2)); G=w72*T(std::exp(-4.8)); }
    else { P<T,N> z=poly<Z40_<T>>(y); P<T,N> z2=z*z,z4=z2*z2,z8=z4*z4,z16=z8*z8,z32=z16*z16; w9=z4; w18=z8; w20=exp_(y*T(-1./18)); 
      E4=z32*z8*T(std::exp(-6.5)); F=z32*T(std::exp(.2)); G=z32*T(std::exp(-4.8)); }
    P<T,N> D1=T(1)-E4,D2=T(1)-F,D3=F+T(1),D4=T(1)-G; 
    P<T,N> chk=abs_(D1*D2*D4); const T thr=sizeof(T)==8?T(.002):T(.02); EACH bad|=vnge(chk.v[k],set1(thr)); // near a removable singularity -> slow path
    am=fma_(y,T(.32*dt),T(.32*26*dt))/D1; bm=fma_(y,T(.28*dt),T(-.28*dt))*F/D2; bh=T(4*dt)/D3; an=fma_(y,T(.032*dt),T(.032*24*dt))/D4;
    ah=w20*T(.128*std::exp(-22./18)*dt); bn=w9*T(.5*std::exp(-29./40)*dt); 
    P<T,N> q=w18*p.kq, q2=q*q; ap=(q2+T(3.3))*p.itau/fma_(q,q2,q); sp=fma_(ap,q2,ap); }
  return bad; }
static long n_slow=0,n_steps=0;
template<int VAR,class T,int N> INL void step(St<T,N>&S,const Par<T,N>&p,T dt,const P<T,N>&I){
  P<T,N> am,bm,ah,bh,an,bn,ap,sp; unsigned bad=rates<VAR>(S.v,p,dt,am,bm,ah,bh,an,bn,ap,sp);
  if(__builtin_expect(bad!=0,0)){ St<T,N> s2=S; P<T,N> i2=I; step_slow<T,N>(&s2,&p,dt,&i2); S=s2; n_slow++; }
  else finish<0>(S,p,I,am,bm,ah,bh,an,bn,ap,sp); }

template<int VAR,bool NOISE,class T,int N> __attribute__((noinline)) void sim_block(const Draw*d,Feat*f,double dtd,int nsteps,uint32_t lane,double*trace,int tr_lane,int tr_every){
  constexpr int L=VT<T>::L; const T dt=dtd; Par<T,N> p; St<T,N> S;
  alignas(64) T b[14][N*L];
  for(int i=0;i<N*L;i++){ const Draw&x=d[i]; b[0][i]=x.gNa*dtd;b[1][i]=x.gK*dtd;b[2][i]=x.gL*dtd;b[3][i]=x.gM*dtd;b[4][i]=dtd/x.tau;b[5][i]=EK-x.VT-39;
    b[6][i]=std::exp(-(x.VT+74)/20.); b[7][i]=x.gL*(x.EL-EK)*dtd; b[8][i]=x.sig*dtd;
    double u=V0-x.VT; auto xr=[](double z){return z==0?1:z/std::expm1(z);}; double am=1.28*xr(-(u-13)/4),bm=1.4*xr((u-40)/5),ah=.128*std::exp(-(u-17)/18),bh=4/(1+std::exp(-(u-40)/5)),an=.16*xr(-(u-15)/5),bn=.5*std::exp(-(u-10)/40);
    b[9][i]=V0-EK; b[10][i]=am/(am+bm); b[11][i]=ah/(ah+bh); b[12][i]=an/(an+bn); b[13][i]=1/(1+std::exp(-(V0+35)/10)); }
  P<T,N>*pp[14]={&p.gNa,&p.gK,&p.gL,&p.gM,&p.itau,&p.vs,&p.kq,&p.lE,&p.sig,&S.v,&S.m,&S.h,&S.n,&S.p};
  for(int j=0;j<14;j++) for(int k=0;k<N;k++) memcpy(&pp[j]->v[k],&b[j][k*L],64);
  P<T,N> s1(T(0)),s2(T(0)),s3(T(0)),s4(T(0)),cnt(T(0)); unsigned above[N]; for(int k=0;k<N;k++) above[k]=0;
  const int on=(int)std::lround(10/dtd), off=(int)std::lround(110/dtd); uint32_t l0[N]; for(int k=0;k<N;k++) l0[k]=lane+k*L;
  auto after=[&](bool stim)__attribute__((always_inline)){ 
    EACH { auto a=vlt(set1(T(-10-EK)),S.v.v[k]); cnt.v[k]=vaddm(cnt.v[k],(typename VT<T>::M)(a&~above[k]),set1(T(1))); above[k]=a; }
    if(stim){ P<T,N> x=S.v-T(37), x2=x*x; s1=s1+x; s2=s2+x2; s3=fma_(x2,x,s3); s4=fma_(x2,x2,s4); } };
  int bounds[4]={0,on,off,nsteps}; 
  for(int ph=0;ph<3;ph++){ const P<T,N> Idrive((T)(ph==1?I0*dtd:0)); const bool stim=ph==1;
    for(int i=bounds[ph];i<bounds[ph+1];i+= NOISE?2:1){
      if constexpr(NOISE){ P<T,N> z0,z1; gauss2<N>(i>>1,l0,7u,z0,z1); step<VAR>(S,p,dt,fma_(z0,p.sig,Idrive)); after(stim); step<VAR>(S,p,dt,fma_(z1,p.sig,Idrive)); after(stim); }
      else { step<VAR>(S,p,dt,Idrive); after(stim); }
      if(trace && (i+1)%tr_every==0){ T t[N*L]; memcpy(t,&S.v,sizeof t); trace[(i+1)/tr_every]=(double)t[tr_lane]+EK; } } }
  T o[5][N*L]; memcpy(o[0],&s1,64*N);memcpy(o[1],&s2,64*N);memcpy(o[2],&s3,64*N);memcpy(o[3],&s4,64*N);memcpy(o[4],&cnt,64*N);
  double ns=off-on; for(int i=0;i<N*L;i++){ double a=o[0][i]/ns,b2=o[1][i]/ns,c=o[2][i]/ns,e=o[3][i]/ns; double var=b2-a*a,sd=std::sqrt(var);
    f[i]={(double)o[4][i],a-70,sd,(c-3*a*b2+2*a*a*a)/(var*sd),(e-4*a*c+6*a*a*b2-3*a*a*a*a)/(var*var)-3}; }
  n_steps+=nsteps; }

static std::vector<Draw> prior(int n,unsigned seed,double sig){ std::mt19937_64 g(seed); auto u=[&](double a,double b){return a+(b-a)*std::generate_canonical<double,53>(g);}; std::vector<Draw> d(n);
  for(auto&x:d) x={u(.5,80),u(1e-4,15),u(1e-4,.6),u(1e-4,.6),u(50,3000),-u(40,90),-u(35,100),sig}; return d; }
static const Draw sets[3]={{50,5,.1,.07,600,-60,-70,0},{20,10,.05,.01,1000,-50,-65,0},{70,2,.02,.2,200,-70,-60,0}};
template<int VAR,bool NOISE,class T,int N> void bench(const char*name,int n,double ghz){
  constexpr int B=N*VT<T>::L; n=n/B*B; auto d=prior(n,1,NOISE?1.0:0); std::vector<Feat> f(n); std::vector<double> w,c; n_slow=n_steps=0;
  for(int r=0;r<5;r++){ double t=now_s(),u=cpu_s(); for(int i=0;i<n;i+=B) sim_block<VAR,NOISE,T,N>(&d[i],&f[i],.01,12000,i,nullptr,0,1); w.push_back(now_s()-t); c.push_back(cpu_s()-u); }
  std::sort(w.begin(),w.end()); std::sort(c.begin(),c.end()); double sp=0,mn=0; int bad=0; for(auto&x:f){ sp+=x.n; mn+=x.mean; if(!(std::abs(x.mean)<1e4)) bad++; }
  printf("%-34s %9.0f sims/s (cpu time; wall %9.0f)  %6.2f cycles/lane-step  %6.1f cycles/vector-step  slow steps %.3f%%  mean spikes %.4f mean V %.6f bad %d\n",name,n/c[2],n/w[2],c[2]*ghz*1e9/(12000.*n),c[2]*ghz*1e9/(12000.*n)*VT<T>::L,100.*n_slow/n_steps,sp/n,mn/n,bad); fflush(stdout); }
int main(int argc,char**argv){
  if(argc>1 && !strcmp(argv[1],"trace")){ // trace <set 0..2> <dt> <variant strict|alg|float> -> V every 0.1 ms on stdout
    int s=atoi(argv[2]); double dt=atof(argv[3]); std::vector<Draw> d(64,sets[s]); Feat f[64]; int n=std::lround(120/dt),ev=std::lround(.1/dt); std::vector<double> tr(1201,V0);
    if(!strcmp(argv[4],"strict")) sim_block<STRICT,false,double,1>(d.data(),f,dt,n,0,tr.data(),0,ev); 
    else if(!strcmp(argv[4],"alg")) sim_block<ALG,false,double,1>(d.data(),f,dt,n,0,tr.data(),0,ev); 
    else sim_block<STRICT,false,float,1>(d.data(),f,dt,n,0,tr.data(),0,ev);
    fprintf(stderr,"spikes %g mean %.6f sd %.6f skew %.4f kurt %.4f\n",f[0].n,f[0].mean,f[0].sd,f[0].skew,f[0].kurt); for(double v:tr) printf("%.12f\n",v); return 0; }
  if(argc>1 && !strcmp(argv[1],"ulp")){ // worst error in ulp of the hand-written functions against long double libm
    std::mt19937_64 g(5); auto run=[&](const char*nm,double R,auto f,auto ref,auto t0){ using T=decltype(t0); constexpr int L=VT<T>::L; double w=0; for(int i=0;i<200000;i++){ T x[L],y[L]; for(auto&v:x){ double u=std::generate_canonical<double,53>(g)*2-1; v=(T)(i%2?R*u:std::copysign(R*std::pow(10,-8*std::abs(u)),u)); } P<T,1> a; memcpy(&a,x,64); a=f(a); memcpy(y,&a,64); for(int k=0;k<L;k++){ long double r=ref((long double)x[k]); T rt=(T)r; double u=std::abs((double)(((long double)y[k]-r)/(std::nextafter(std::abs(rt),(T)INFINITY)-std::abs(rt)))); w=std::max(w,u);} } printf("%-24s max %.2f ulp\n",nm,w); };
    auto E=[](long double x){return expl(x);}; auto E1=[](long double x){return expm1l(x);}; auto XR=[](long double x){return x==0?1:x/expm1l(x);};
    run("exp double (table)",40,[](auto a){return exptab_(a);},E,0.0); run("expm1 double",40,[](auto a){return expm1_(a);},E1,0.0); run("x/(exp(x)-1) double",40,[](auto a){return xrel(a);},XR,0.0);
    run("exp float",20,[](auto a){return exp_(a);},E,0.f); run("expm1 float",20,[](auto a){return expm1_(a);},E1,0.f); run("x/(exp(x)-1) float",20,[](auto a){return xrel(a);},XR,0.f); return 0; }
  if(argc>1 && !strcmp(argv[1],"gauss")){ double m1=0,m2=0,m4=0,mx=0; long n=0; for(int i=0;i<200000;i++){ uint32_t l=0; P<double,1> a,b; gauss2<1>(i,&l,7u,a,b); double x[16]; memcpy(x,&a,64); memcpy(x+8,&b,64); for(double v:x){ m1+=v;m2+=v*v;m4+=v*v*v*v; mx=std::max(mx,std::abs(v)); n++; } }
    printf("double n=%ld mean %.5f var %.5f kurt %.5f max %.3f\n",n,m1/n,m2/n,m4/n,mx); m1=m2=m4=mx=0;n=0; for(int i=0;i<200000;i++){ uint32_t l=0; P<float,1> a,b; gauss2<1>(i,&l,7u,a,b); float x[32]; memcpy(x,&a,64); memcpy(x+16,&b,64); for(double v:x){ m1+=v;m2+=v*v;m4+=v*v*v*v; mx=std::max(mx,std::abs(v)); n++; } }
    printf("float  n=%ld mean %.5f var %.5f kurt %.5f max %.3f\n",n,m1/n,m2/n,m4/n,mx); return 0; }
  double g=core_ghz(); printf("core clock %.3f GHz\n",g); int n=argc>1?atoi(argv[1]):1920;
#define R(NI) bench<STRICT,false,double,NI>("double strict, " #NI " vectors",n,g); bench<ALG,false,double,NI>("double shared exp, " #NI " vectors",n,g); 
  R(2) R(3) R(4)
#define RN(NI) bench<STRICT,true,double,NI>("double strict + noise, " #NI " vectors",n,g); bench<ALG,true,double,NI>("double shared + noise, " #NI " vectors",n,g);
  RN(2) RN(3)
}
