// What the pipeline finds in recordings of which the truth is known, and what it leaves in the results folder.

#include <nlohmann/json.hpp>

#include <cstdlib>

#include "study/test/fit_made.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

using verify::Status;

std::vector<std::string> entries(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

/// The lines of a program in Debian's Python that looks at out/posterior.nc; "" where all its assertions hold.
std::string python_says(const Scratch& scratch, const std::string& program) {
  scratch.write("look.py", program);
  const std::string command = "cd '" + scratch.path() + "' && " HILLOCK_PYTHON " look.py > look.txt 2>&1";
  return std::system(command.c_str()) == 0 ? "" : scratch.read("look.txt") + "(failed)";
}

bool have_netcdf4() { return std::system(HILLOCK_PYTHON " -c 'import netCDF4' > /dev/null 2>&1") == 0; }

TEST(FitRecovers, TheTruthAndTheOtherProtocol) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  const verify::Verdict& v = out->verdict;
  EXPECT_EQ(v.status, Status::supported) << why(v);
  EXPECT_FALSE(out->interrupted);
  EXPECT_FALSE(v.partial);
  EXPECT_TRUE(v.not_done.empty());
  EXPECT_EQ(v.inference, "nuts");
  expect_recovered(v, "k", 0.2);
  expect_recovered(v, "half", -20.0);
  expect_recovered(v, "g", 0.05);
  expect_recovered(v, "sigma", made_sd_nA);
  EXPECT_TRUE(parameter(v, "sigma").is_noise);
  EXPECT_EQ(parameter(v, "half").unit, "mV");
  // The error is the noise: rms over range, with a relative sd of 1/sqrt(2 * 1200) = 2 %; 4 sd.
  Columns clean = made_recording({}, train_holds);
  add_noise(clean["current_nA"], made_sd_nA, 0);
  const auto [low, high] = std::minmax_element(clean["current_nA"].begin(), clean["current_nA"].end());
  EXPECT_NEAR(v.fit.error / (made_sd_nA / (*high - *low)), 1.0, 0.08);
  EXPECT_EQ(v.fit.starts, 6);
  EXPECT_EQ(v.fit.screened, 64);
  EXPECT_EQ(v.fit.samples, 1200);
  ASSERT_EQ(v.generalisation.size(), 1U);
  EXPECT_EQ(v.generalisation[0].name, "test");
  EXPECT_TRUE(v.generalisation[0].passed);
  EXPECT_EQ(v.generalisation[0].samples, 720);
  EXPECT_EQ(v.generalisation[0].baselines.size(), 3U);
  EXPECT_EQ(v.cost.threads > 0, true);
  EXPECT_GT(v.cost.simulations, 64);
  EXPECT_GT(v.cost.gradients, 8 * 400);
}

TEST(FitRecovers, ChainsThatAreTooShortAreProlonged) {
  const Scratch scratch;
  write_channel_study(scratch);
  const verify::Verdict longer = fitted(scratch, {"search.draws=20"});
  EXPECT_EQ(longer.status, Status::supported) << why(longer);
  EXPECT_GT(longer.numerics.draws, 8 * 20);
  EXPECT_LE(longer.numerics.draws, 8 * 1000);
  for (const verify::ParameterSummary& p : longer.parameters) EXPECT_LE(p.rhat, 1.01) << p.name;
  // The report says so.
  EXPECT_NE(scratch.read("out/report.html").find("prolonged from 20 to"), std::string::npos);
  const verify::Verdict not_longer = fitted(scratch, {"search.draws=20", "search.most_draws=20"});
  EXPECT_EQ(not_longer.status, Status::invalid) << why(not_longer);
  EXPECT_EQ(not_longer.numerics.draws, 8 * 20);
}

TEST(FitRecovers, EveryFileOfTheFolderIsThereAndParses) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->folder, scratch.path("out"));
  std::vector<std::string> found = entries(scratch.path("out"));
  std::erase_if(found, [](const std::string& name) { return name.front() == '.'; });  // the lock of the folder
  EXPECT_EQ(found, (std::vector<std::string>{"ledger.jsonl", "posterior.nc", "report.html", "study.lock.toml",
                                             "verdict.json"}));
  EXPECT_FALSE(std::filesystem::exists(scratch.path("out/.checkpoint/search")));

  const std::string text = scratch.read("out/verdict.json");
  const auto back = verify::from_json(text);
  ASSERT_TRUE(back) << render(back.error());
  EXPECT_EQ(verify::to_json(*back), text);
  EXPECT_EQ(out->answer.json, text);
  EXPECT_EQ(back->status, out->verdict.status);
  EXPECT_NE(out->answer.text.find(verify::to_string(out->verdict.status)), std::string::npos) << out->answer.text;
  std::vector<std::string> provenance;
  for (const auto& [name, value] : back->provenance) {
    provenance.push_back(name);
    EXPECT_FALSE(value.empty()) << name;
  }
  for (const char* name : {"hillock", "build", "isa", "seed", "model.file", "data.train.file", "data.test.file"})
    EXPECT_NE(std::find(provenance.begin(), provenance.end(), name), provenance.end()) << name;

  const std::string html = scratch.read("out/report.html");
  EXPECT_EQ(html.rfind("<!doctype html>", 0) == 0 || html.rfind("<!DOCTYPE html>", 0) == 0, true) << html.substr(0, 80);
  EXPECT_NE(html.find("</html>"), std::string::npos);
  EXPECT_EQ(html.find("NaN,"), std::string::npos);

  const auto lock = read_study(scratch.path("out/study.lock.toml"), {});
  ASSERT_TRUE(lock) << render(lock.error());
  EXPECT_TRUE(lock->lock.has_value());
  std::istringstream ledger(scratch.read("out/ledger.jsonl"));
  std::vector<std::string> looks;
  for (std::string line; std::getline(ledger, line);) looks.push_back(nlohmann::json::parse(line).dump());
  ASSERT_EQ(looks.size(), 2U);
  EXPECT_NE(looks[0].find("\"train\""), std::string::npos) << looks[0];
  EXPECT_NE(looks[1].find("\"test\""), std::string::npos) << looks[1];

  if (!have_netcdf4()) GTEST_SKIP() << "posterior.nc was not opened: " HILLOCK_PYTHON " has no netCDF4";
  EXPECT_EQ(python_says(scratch, R"(
import netCDF4, numpy as np
d = netCDF4.Dataset('out/posterior.nc')
assert d.data_model == 'NETCDF4' and d.inference_library == 'hillock' and d.method == 'nuts' and d.seed == 1
assert set(d.groups) == {'posterior', 'sample_stats', 'prior', 'posterior_predictive', 'observed_data'}, d.groups.keys()
names = {'k': '1/ms', 'half': 'mV', 'g': 'uS', 'sigma': 'nA'}
for group, shape in (('posterior', (8, 400)), ('prior', (1, 1000))):
    g = d[group]
    assert set(names) <= set(g.variables), g.variables.keys()
    for n, unit in names.items():
        v = g[n]
        assert v.shape == shape and v.dimensions == ('chain', 'draw') and v.units == unit, (group, n, v.shape, v.units)
        assert np.isfinite(v[:]).all()
post = d['posterior']
assert abs(np.median(post['k'][:]) / 0.2 - 1) < 0.1 and abs(np.median(post['half'][:]) + 20) < 1
k = d['prior']['k'][:]      # loguniform from 1e-3 to 10 per ms
assert k.min() >= 1e-3 and k.max() <= 10 and abs(np.median(np.log10(k)) + 1) < 0.2   # 4/sqrt(12)/sqrt(1000)*4*1.25
s = d['sample_stats']
for n in ('lp', 'acceptance_rate', 'step_size', 'energy', 'diverging', 'tree_depth', 'n_steps'):
    assert s[n].shape == (8, 400), n
assert (s['n_steps'][:] >= 1).all() and (s['diverging'][:] == 0).mean() > 0.99
# energy = -lp + kinetic energy at the start of the trajectory, chi2 with 4 degrees of freedom / 2: at least 0 of the draw before
o, p = d['observed_data'], d['posterior_predictive']
for split, n in (('train', 1200), ('test', 720)):
    assert o['time_' + split].shape == (n,) and o['time_' + split].units == 'ms' and o['time_' + split][1] == 0.25
    data = np.genfromtxt(split + '.csv', delimiter=',', names=True)
    assert np.allclose(o[split + '_I'][:], data['current_nA'], rtol=1e-12, atol=0) and o[split + '_I'].units == 'nA'
    assert (o[split + '_kept'][:] == 1).all()
    for what in ('best', 'mean', 'sd_parameters', 'sd'):
        v = p[split + '_I_' + what]
        assert v.shape == (n,) and v.units == 'nA' and np.isfinite(v[:]).all(), what
    # the predictive sd is the noise, 0.1 nA, and a little more; sigma is known to 1/sqrt(2*1200) = 2 %
    sd = p[split + '_I_sd'][:]
    assert sd.min() > 0.09 and sd.max() < 0.12, (sd.min(), sd.max())
    assert (p[split + '_I_sd_parameters'][:] < sd).all()
    # residuals of the predictive mean have the noise's size
    r = o[split + '_I'][:] - p[split + '_I_mean'][:]
    assert 0.09 < r.std() < 0.11, r.std()
)"),
            "");
}

TEST(FitRecovers, TwoChannelsOfDifferentUnits) {
  const Scratch scratch;
  scratch.write("two.model", channel_model + R"(param f : uM ~ loguniform(1e-2 uM, 1e2 uM)
param blur : uM ~ loguniform(1e-4 uM, 10 uM)
observe C ~ normal(f*n, blur)
)");
  for (const bool train : {true, false}) {
    Columns made = made_recording({}, train ? train_holds : test_holds);
    made.names.push_back("calcium_uM");
    std::vector<double> calcium;
    for (std::size_t i = 0; i < made["voltage_mV"].size(); ++i)
      calcium.push_back(2.0 * made["current_nA"][i] / (0.05 * (made["voltage_mV"][i] + 85.0)));
    made.values.push_back(calcium);
    add_noise(made["current_nA"], made_sd_nA, train ? 10 : 11);
    add_noise(made["calcium_uM"], 0.02, train ? 12 : 13);
    scratch.write(train ? "train.csv" : "test.csv", made.csv());
  }
  const std::string calcium = "observe.C = \"calcium_uM\"\n";
  scratch.write("study.toml", "[model]\nfile = \"two.model\"\n" + split_text("train", "train.csv") + calcium +
                                  split_text("test", "test.csv") + calcium + quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  const verify::Verdict& v = out->verdict;
  EXPECT_EQ(v.status, Status::supported) << why(v);
  for (const auto& [name, truth] :
       {std::pair{"k", 0.2}, {"half", -20.0}, {"g", 0.05}, {"f", 2.0}, {"sigma", made_sd_nA}, {"blur", 0.02}})
    expect_recovered(v, name, truth);
  EXPECT_EQ(v.fit.samples, 2 * 1200);
  ASSERT_EQ(v.generalisation.size(), 2U);
  EXPECT_EQ(v.generalisation[0].name, "test I");
  EXPECT_EQ(v.generalisation[1].name, "test C");
  // Each test is named after its channel.
  ASSERT_FALSE(v.residuals.tests.empty());
  EXPECT_EQ(v.residuals.tests.front().first.rfind("I: ", 0), 0U) << v.residuals.tests.front().first;
  EXPECT_EQ(v.residuals.tests.back().first.rfind("C: ", 0), 0U) << v.residuals.tests.back().first;
}

TEST(FitRecovers, TwoInputs) {
  const Scratch scratch;
  // A blocker at a known concentration scales the conductance by 1/(1 + c/ic50).
  scratch.write("block.model", channel_model.substr(0, channel_model.find("observe")) +
                                   "input c : uM\nparam ic50 : uM ~ loguniform(1e-2 uM, 1e2 uM)\n"
                                   "observe I ~ normal(g*n*(V - E)/(1 + c/ic50), sigma)\n");
  for (const bool train : {true, false}) {
    Columns made = made_recording({}, train ? train_holds : test_holds);
    made.names.push_back("drug_uM");
    made.values.emplace_back();
    const std::size_t n = made["current_nA"].size();
    for (std::size_t i = 0; i < n; ++i) {
      const double c = i < n / 2 ? 0.0 : 3.0;
      made["drug_uM"].push_back(c);
      made["current_nA"][i] /= 1.0 + c / 1.5;
    }
    add_noise(made["current_nA"], made_sd_nA, train ? 20 : 21);
    scratch.write(train ? "train.csv" : "test.csv", made.csv());
  }
  const std::string drug = "input.c = { array = \"drug_uM\", interpolation = \"previous\" }\n";
  scratch.write("study.toml", "[model]\nfile = \"block.model\"\n" + split_text("train", "train.csv") + drug +
                                  split_text("test", "test.csv") + drug + quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->verdict.status, Status::supported) << why(out->verdict);
  for (const auto& [name, truth] :
       {std::pair{"k", 0.2}, {"half", -20.0}, {"g", 0.05}, {"ic50", 1.5}, {"sigma", made_sd_nA}})
    expect_recovered(out->verdict, name, truth);
}

/// x = a exp(-k t) + base; 800 samples, every 0.5 ms.
std::string decay_csv(double a, std::uint64_t draw) {
  Columns made{{"time_ms", "light_mV"}, {{}, {}}};
  for (int i = 0; i < 800; ++i) {
    made.values[0].push_back(0.5 * i);
    made.values[1].push_back(a * std::exp(-0.02 * 0.5 * i) + 1.0);
  }
  add_noise(made.values[1], 0.2, draw);
  return made.csv();
}

const std::string decay_model = R"(param k : 1/ms ~ loguniform(1e-4/ms, 1/ms)
param base : mV ~ normal(0*mV, 10*mV)
param sigma : mV ~ loguniform(1e-3 mV, 10 mV)
const a = 10 mV
dx/dt = -k*x : volt
init x = a
observe y ~ normal(x + base, sigma)
)";

TEST(FitRecovers, AModelWithoutAnyInput) {
  const Scratch scratch;
  scratch.write("decay.model", decay_model);
  scratch.write("train.csv", decay_csv(10.0, 30));
  scratch.write("test.csv", decay_csv(25.0, 31));
  scratch.write("study.toml",
                "[model]\nfile = \"decay.model\"\n[data.train]\nfile = \"train.csv\"\nobserve.y = \"light_mV\"\n"
                "[data.test]\nfile = \"test.csv\"\nobserve.y = \"light_mV\"\nconst.a = \"25 mV\"\n" +
                    quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  // Another starting value is another protocol.
  EXPECT_EQ(out->verdict.status, Status::supported) << why(out->verdict);
  expect_recovered(out->verdict, "k", 0.02);
  expect_recovered(out->verdict, "base", 1.0);
  expect_recovered(out->verdict, "sigma", 0.2);
  EXPECT_FALSE(parameter(out->verdict, "base").is_noise);
  ASSERT_EQ(out->verdict.generalisation.size(), 1U);
  EXPECT_EQ(out->verdict.generalisation[0].baselines.size(), 2U);  // no straight line in a command that is not there
}

TEST(FitRecovers, TheSameProtocolAgainIsNoOtherProtocol) {
  const Scratch scratch;
  write_channel_study(scratch);
  scratch.write("again.csv", noisy_csv({}, train_holds, 7));
  scratch.write("study.toml", "[model]\nfile = \"channel.model\"\n" + split_text("train", "train.csv") +
                                  split_text("again", "again.csv") + quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  const verify::Verdict& v = out->verdict;
  EXPECT_EQ(v.status, Status::consistent) << why(v);
  EXPECT_TRUE(has_reason(v, "no-held-out-test")) << why(v);
  ASSERT_EQ(v.generalisation.size(), 1U);
  EXPECT_EQ(v.generalisation[0].kind, verify::HeldOut::same_protocol);
  EXPECT_TRUE(v.generalisation[0].passed);
}

TEST(FitRecovers, AnotherCellIsAHeldOutTestWhateverItsProtocol) {
  const Scratch scratch;
  write_channel_study(scratch);
  scratch.write("again.csv", noisy_csv({}, train_holds, 7));
  scratch.write("study.toml", "[model]\nfile = \"channel.model\"\n" + split_text("train", "train.csv") +
                                  "cell = \"a\"\n" + split_text("again", "again.csv") + quick_settings);
  const auto untested = [](const verify::Verdict& v, const std::string& what) {
    return std::ranges::any_of(v.knowledge.untested, [&](const auto& item) { return item.what == what; });
  };
  const verify::Verdict other = fitted(scratch, {"data.again.cell=b"});
  EXPECT_EQ(other.status, Status::supported) << why(other);
  ASSERT_EQ(other.generalisation.size(), 1U);
  EXPECT_EQ(other.generalisation[0].kind, verify::HeldOut::other_cell);
  EXPECT_FALSE(untested(other, "other cells"));
  EXPECT_TRUE(untested(other, "other protocols"));
  // The lock remembers it.
  EXPECT_NE(scratch.read("out/study.lock.toml").find("cell = \"b\""), std::string::npos);
  // The same name, or none, is the same cell.
  for (const std::vector<std::string>& set : {std::vector<std::string>{"data.again.cell=a"}, {}}) {
    const verify::Verdict same = fitted(scratch, set);
    ASSERT_EQ(same.generalisation.size(), 1U);
    EXPECT_EQ(same.generalisation[0].kind, verify::HeldOut::same_protocol);
    EXPECT_TRUE(untested(same, "other cells"));
  }
}

TEST(FitRecovers, SeveralHeldOutRecordingsInTheOrderOfTheStudy) {
  const Scratch scratch;
  write_channel_study(scratch);
  scratch.write("again.csv", noisy_csv({}, train_holds, 7));
  scratch.write("slow.csv", noisy_csv({.k = 0.05}, test_holds, 8));  // a channel that is four times slower
  scratch.write("study.toml", "[model]\nfile = \"channel.model\"\n" + split_text("again", "again.csv") +
                                  split_text("test", "test.csv") + split_text("train", "train.csv") +
                                  split_text("slow", "slow.csv") + quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  const verify::Verdict& v = out->verdict;
  ASSERT_EQ(v.generalisation.size(), 3U);
  EXPECT_EQ(v.generalisation[0].name, "again");
  EXPECT_EQ(v.generalisation[1].name, "test");
  EXPECT_EQ(v.generalisation[2].name, "slow");
  EXPECT_EQ(v.generalisation[0].kind, verify::HeldOut::same_protocol);
  EXPECT_EQ(v.generalisation[1].kind, verify::HeldOut::other_protocol);
  EXPECT_TRUE(v.generalisation[0].passed);
  EXPECT_TRUE(v.generalisation[1].passed);
  EXPECT_FALSE(v.generalisation[2].passed);
  // One that is not predicted is enough.
  EXPECT_EQ(v.status, Status::misspecified) << why(v);
  EXPECT_TRUE(has_reason(v, "held-out-error-too-large")) << why(v);
}

TEST(FitRecovers, WithoutHeldOutDataAtBestConsistent) {
  const Scratch scratch;
  write_channel_study(scratch);
  scratch.write("study.toml",
                "[model]\nfile = \"channel.model\"\n" + split_text("train", "train.csv") + quick_settings);
  const auto out = fit_made(scratch);
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->verdict.status, Status::consistent) << why(out->verdict);
  EXPECT_TRUE(has_reason(out->verdict, "no-held-out-test"));
}

TEST(FitRecovers, LeftOutSamplesDoNotCount) {
  // Spikes of 50 nA after every step of the command, left out by the mask: the fit never sees them.
  const Scratch scratch;
  write_channel_study(scratch);
  Columns made = made_recording({}, train_holds);
  add_noise(made["current_nA"], made_sd_nA, 0);
  for (std::size_t i = 1; i < made["voltage_mV"].size(); ++i)
    if (made["voltage_mV"][i] != made["voltage_mV"][i - 1])
      made["current_nA"][i] += 50.0, made["current_nA"][i + 1] -= 50.0;
  scratch.write("train.csv", made.csv());
  const auto seen = fit_made(scratch, {.set = {"search.posterior=laplace", "data.train.observe.I=current_nA"}});
  ASSERT_TRUE(seen) << render(seen.error());
  EXPECT_EQ(seen->verdict.status, Status::misspecified) << why(seen->verdict);
  const auto masked = fit_made(scratch, {.set = {"data.train.mask.after_steps=0.5 ms"}});
  ASSERT_TRUE(masked) << render(masked.error());
  EXPECT_EQ(masked->verdict.status, Status::supported) << why(masked->verdict);
  EXPECT_EQ(masked->verdict.fit.samples, 1200 - 6 * 2);
  expect_recovered(masked->verdict, "sigma", made_sd_nA);
  expect_recovered(masked->verdict, "k", 0.2);
}

}  // namespace
}  // namespace hillock::study
