/// The whole page: complete, in order, safe, small, the same every time.

#include "report/page.hpp"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "report/pack.hpp"
#include "report/section.hpp"
#include "report/test/synthetic.hpp"

namespace hillock::report {
namespace {

TEST(Page, HasEverySectionInOrder) {
  const std::string html = render_html(test::document_of_everything(20));
  std::size_t at = 0;
  for (const PageSection& s : page_sections()) {
    const std::size_t found = html.find("<section id=\"" + std::string(s.id) + "\"", at);
    ASSERT_NE(found, std::string::npos) << s.id;
    at = found;
  }
  EXPECT_EQ(test::markup_fault(html), "");
}

TEST(Page, StatesTheVerdictBeforeAnyPlot) {
  const std::string html = render_html(test::synthetic_document(20));
  EXPECT_LT(html.find("</span> misspecified</span>"), html.find("<svg"));
}

TEST(Page, IsTheSameTwice) {
  const Document d = test::synthetic_document(20);
  EXPECT_EQ(render_html(d), render_html(d));
}

/// The size promised for two protocols of 80 000 and 88 245 samples. Writes the page where one can look at it:
/// HILLOCK_REPORT_DIR, or the test's temporary folder.
TEST(Page, OfTwoFullProtocolsIsUnderFourMegabytes) {
  const std::string html = render_html(test::synthetic_document());
  const char* wanted = std::getenv("HILLOCK_REPORT_DIR");
  const std::filesystem::path file =
      std::filesystem::path(wanted != nullptr ? wanted : testing::TempDir()) / "hillock_report.html";
  std::ofstream(file, std::ios::binary) << html;
  EXPECT_LT(html.size(), 4'000'000U);
  EXPECT_EQ(test::markup_fault(html), "");
  RecordProperty("bytes", static_cast<int>(html.size()));
  if (wanted == nullptr) std::filesystem::remove(file);
}

TEST(Page, AsksNothingOfTheNetwork) {
  std::string html = render_html(test::synthetic_document(20));
  // uPlot names its home page in its licence comment; that is text.
  const std::string home = "https://github.com/leeoniya/uPlot";
  for (std::size_t at; (at = html.find(home)) != std::string::npos;) html.erase(at, home.size());
  for (const char* word : {"http:", "https:", " src=", "@import", "url(", "<link", "<iframe", "<img", "fetch(",
                           "XMLHttpRequest", "WebSocket"})
    EXPECT_EQ(html.find(word), std::string::npos) << word;
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

/// A browser runs a script of this page only where its hash stands in the policy; so the hashes must be those of the
/// very bytes between the tags, and there must be no other script.
TEST(Page, PolicyListsExactlyTheHashesOfItsScripts) {
  const std::string html = render_html(Document{});
  const std::string policy =
      html.substr(html.find("script-src"), html.find("\">", html.find("script-src")) - html.find("script-src"));
  int scripts = 0;
  for (std::size_t at = html.find("<script>"); at != std::string::npos; at = html.find("<script>", at + 1)) {
    const std::size_t from = at + 8;
    const std::string body = html.substr(from, html.find("</script>", from) - from);
    std::vector<unsigned char> sum(SHA256_DIGEST_LENGTH);
    SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum.data());
    EXPECT_NE(policy.find("'sha256-" + base64_encode(sum) + "'"), std::string::npos);
    EXPECT_EQ(body.find('\r'), std::string::npos) << "browsers change line ends before they hash";
    ++scripts;
  }
  EXPECT_EQ(scripts, 3);
  EXPECT_EQ(policy.find("unsafe-inline"), std::string::npos);
}

TEST(Page, EscapesEveryTextOfTheDocument) {
  const std::string evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;";
  Document d = test::synthetic_document(200);
  const auto poison = [&](std::string& s) { s = evil + s; };
  poison(d.title), poison(d.study), poison(d.command), poison(d.model_text);
  for (LogLine& l : d.log) poison(l.stage), poison(l.text);
  for (DataSet& s : d.data_sets)
    for (std::string* t :
         {&s.name, &s.role, &s.note, &s.observed_name, &s.observed_unit, &s.command_name, &s.command_unit})
      poison(*t);
  for (PosteriorAxis& a : d.posterior.axes) poison(a.name), poison(a.unit);
  verify::Verdict& v = d.verdict;
  poison(v.study), poison(v.inference), poison(v.fit.error_measure), poison(v.numerics.integrator),
      poison(v.numerics.other_integrator);
  for (auto& r : v.reasons) poison(r.code), poison(r.text);
  for (auto& p : v.parameters) poison(p.name), poison(p.unit);
  for (auto* list : {&v.knowledge.known, &v.knowledge.known_unknown, &v.knowledge.untested})
    for (auto& item : *list) poison(item.what), poison(item.text);
  for (auto* list : {&v.knowledge.sloppiest, &v.knowledge.stiffest})
    for (auto& c : *list) poison(c.algebra);
  for (auto& g : v.generalisation) {
    poison(g.name);
    for (auto& b : g.baselines) poison(b.name);
  }
  for (auto& t : v.residuals.tests) poison(t.first);
  for (auto& p : v.provenance) poison(p.first), poison(p.second);
  v.partial = true;
  v.not_done = {evil};

  std::string html = render_html(d);
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  // Inside the data's script element only "<" could do harm (payload_test); elsewhere no quote may survive.
  const std::size_t data = html.find("<script type=\"application/json\"");
  html.erase(data, html.find("</script>", data) - data);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("\"'>"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(1)"), std::string::npos);
}

TEST(Page, RendersEmptyOnePointAndNaN) {
  for (const Document& d : {Document{}, test::one_point_document(), test::nan_document()}) {
    const std::string html = render_html(d);
    EXPECT_EQ(test::markup_fault(html), "") << d.title;
    EXPECT_NE(html.find("id=\"verdict\""), std::string::npos);
    EXPECT_EQ(html.find(">nan"), std::string::npos) << d.title;
    EXPECT_EQ(html.find("nan<"), std::string::npos) << d.title;
  }
}

TEST(Page, EveryStatusHasItsBadge) {
  using verify::Status;
  for (const Status s :
       {Status::invalid, Status::unidentifiable, Status::misspecified, Status::consistent, Status::supported}) {
    Document d;
    d.verdict.status = s;
    EXPECT_NE(render_html(d).find("class=\"verdict " + std::string(verify::to_string(s)) + "\""), std::string::npos);
  }
}

TEST(Page, ClaimsNoMoreThanChecksCanShow) {
  using verify::Status;
  for (const Status s :
       {Status::invalid, Status::unidentifiable, Status::misspecified, Status::consistent, Status::supported}) {
    Document d = test::synthetic_document(200);
    d.verdict.status = s;
    std::string html = render_html(d);
    for (std::size_t at; (at = html.find("rovenance")) != std::string::npos;) html.erase(at, 9);
    for (const char* word : {"validated", "proven", "proved", "true model", "correct model", "best model"})
      EXPECT_EQ(html.find(word), std::string::npos) << word;
  }
}

TEST(Page, WritesSloppyDirectionsAsAlgebra) {
  EXPECT_NE(render_html(test::synthetic_document(200)).find("p5<sup>0.71</sup> / p6<sup>0.70</sup>"),
            std::string::npos);
}

TEST(Page, VectorsOfUnlikeLengthAreABug) {
  Document d = test::one_point_document();
  d.data_sets[0].best.push_back(1);
  EXPECT_THROW((void)render_html(d), Bug);
  d = test::one_point_document();
  d.posterior.axes.pop_back();
  EXPECT_THROW((void)render_html(d), Bug);
}

}  // namespace
}  // namespace hillock::report
