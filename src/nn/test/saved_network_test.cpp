// A saved network comes back with the same bits; a damaged one is an error, whatever the damage.

#include "nn/saved_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::nn {
namespace {

SavedNetwork example() {
  SavedNetwork network;
  network.fields["made-by"] = "a test, with words: and signs";
  network.arrays.push_back({"scale", {2, 2}, std::vector<double>{1.0, 1e-300, -0.0, 3.0}});
  network.arrays.push_back({"none", {0, 3}, std::vector<float>{}});
  DensityShape shape;
  shape.dimension = 2;
  shape.context = 3;
  shape.steps = 2;
  shape.hidden = 5;
  shape.seed = 18446744073709551615U;
  const auto density = make_density("nsf", shape);
  put_density(network, {"nsf", shape, {(*density)->tape().initial(1, 0), (*density)->tape().initial(1, 1)}});
  return network;
}

/// With the right checksum behind it.
std::string sealed(std::string bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  return bytes;
}

std::string code_of(const std::string& bytes) {
  const auto network = network_from_bytes(bytes, "a.network");
  return network ? "" : network.error().front().code;
}

TEST(SavedNetwork, ComesBackWithTheSameBits) {
  const SavedNetwork network = example();
  const std::string bytes = to_bytes(network);
  EXPECT_TRUE(bytes.starts_with("hillock-network 1\n"));
  const auto back = network_from_bytes(bytes, "a.network");
  ASSERT_TRUE(back) << render(back.error());
  EXPECT_EQ(back->fields, network.fields);
  EXPECT_EQ(to_bytes(*back), bytes);
  const auto density = get_density(*back, "a.network");
  ASSERT_TRUE(density) << render(density.error());
  EXPECT_EQ(density->kind, "nsf");
  EXPECT_EQ(density->shape.seed, 18446744073709551615U);
  ASSERT_EQ(density->members.size(), 2U);
  EXPECT_EQ(density->members[1], density->density->tape().initial(1, 1));
}

TEST(SavedNetwork, EveryKindComesBack) {
  for (const DensityKind& kind : density_kinds()) {
    DensityShape shape;
    shape.dimension = 2;
    shape.context = 8;
    shape.steps = 2;
    shape.hidden = 8;
    if (kind.name != "transformer") {
      shape.embedding.kind = EmbeddingKind::trace;
      shape.embedding.plain = 2;
      shape.embedding.items = 6;
    }
    const auto density = make_density(kind.name, shape);
    ASSERT_TRUE(density) << render(density.error());
    SavedNetwork network;
    put_density(network, {std::string(kind.name), shape, {(*density)->tape().initial(4)}});
    const auto bytes = network_from_bytes(to_bytes(network), "x");
    ASSERT_TRUE(bytes);
    const auto back = get_density(*bytes, "x");
    ASSERT_TRUE(back) << render(back.error());
    EXPECT_EQ(back->members.front(), (*density)->tape().initial(4));
  }
}

TEST(SavedNetwork, EveryTruncationAndEveryFlippedByteIsAnError) {
  const std::string bytes = to_bytes(example());
  for (std::size_t n = 0; n < bytes.size(); n += n < 600 ? 1 : 97)
    EXPECT_NE(code_of(bytes.substr(0, n)), "") << n << " bytes";
  for (std::size_t n = 0; n < bytes.size(); n += n < 600 ? 1 : 97) {
    std::string changed = bytes;
    changed[n] = static_cast<char>(changed[n] ^ 1);
    EXPECT_NE(code_of(changed), "") << "byte " << n;
  }
  EXPECT_EQ(code_of(bytes + "x"), "network-damaged");
}

TEST(SavedNetwork, EachDamageIsNamed) {
  EXPECT_EQ(code_of("\x80\x04pickle"), "not-a-network");
  EXPECT_EQ(code_of(""), "not-a-network");
  EXPECT_EQ(code_of("hillock-network 2\nend\n"), "network-version");
  EXPECT_EQ(code_of("hillock-network x\nend\n"), "network-damaged");
  for (const char* header : {
           "array a float32 18446744073709551615\n",              // more than there is
           "array a float32 4294967296 4294967296 4294967296\n",  // a product that overflows
           "array a float32 0 18446744073709551615\n",            // and one that hides behind 0
           "array a float16 1\n",
           "array a float32 -1\n",
           "array\n",
           "array a\n",
           "array a float32 1 1 1 1 1 1 1 1 1\n",
           "a 1\na 2\n",
           "array a float32 0\narray a float32 0\n",
           "nothing\n",
           "end of it\n",
           "a\tb c\n",
       })
    EXPECT_EQ(code_of(sealed("hillock-network 1\n" + std::string(header) + "end\n")), "network-damaged") << header;
  EXPECT_EQ(code_of(sealed("hillock-network 1\nend\n")), "");
  const float wrong = NAN;
  std::string bytes = "hillock-network 1\narray a float32 1\nend\n";
  bytes.append(reinterpret_cast<const char*>(&wrong), sizeof wrong);
  EXPECT_EQ(code_of(sealed(bytes)), "network-not-finite");
  const auto damaged = network_from_bytes(to_bytes(example()).substr(0, 300), "a.network");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().front().where, "a.network");
  EXPECT_TRUE(damaged.error().front().message.starts_with("the saved network is damaged: "));
}

TEST(SavedNetwork, ParametersThatDoNotFitTheirShapeAreAnError) {
  SavedNetwork network = example();
  network.fields["hidden"] = "6";
  const auto other = get_density(network, "x");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().front().code, "network-damaged");
  EXPECT_NE(other.error().front().message.find("float32 parameters, \"member-0\" has"), std::string::npos);
  network.fields["hidden"] = "many";
  network.fields.erase("bins");
  const auto fields = get_density(network, "x");
  ASSERT_FALSE(fields);
  ASSERT_EQ(fields.error().size(), 2U) << "both at once";
  EXPECT_EQ(fields.error()[0].message, "the field \"hidden\" must be a whole number, found \"many\"");
  EXPECT_EQ(fields.error()[1].message, "the saved network has no field \"bins\"");
  SavedNetwork unknown = example();
  unknown.fields["kind"] = "nfs";
  EXPECT_EQ(get_density(unknown, "x").error().front().code, "unknown-density");
  SavedNetwork bare = example();
  bare.arrays.clear();
  EXPECT_EQ(get_density(bare, "x").error().front().code, "network-damaged");
}

}  // namespace
}  // namespace hillock::nn
