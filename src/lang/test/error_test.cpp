// The text of every kind of mistake, caret included: this is what people read.

#include <gtest/gtest.h>

#include <set>

#include "lang/load.hpp"

namespace hillock::lang {
namespace {

std::string errors_of(std::string_view text) {
  const auto model = load_model(text, "m.model");
  return model ? "no error" : render(model.error());
}

struct Case {
  const char* text;
  const char* rendered;
};

void expect(std::span<const Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(errors_of(c.text), c.rendered) << c.text;
}

TEST(Errors, UnitsOfEquations) {
  const Case cases[] = {
      {"dv/dt = (E - v)*g : volt\nconst E = -65 mV\nconst g = 10 nS\n",
       "m.model:1:9: error: the right side of 'dv/dt' must be volt second^-1, but is amp [unit-mismatch]\n"
       "    dv/dt = (E - v)*g : volt\n"
       "            ^~~~~~~~~\n"
       "    try: 'dv/dt = ... : volt' needs a right side in volt second^-1\n"},
      {"input v : mV\nconst tau = 5 ms\nx = v + tau : volt\n",
       "m.model:3:5: error: cannot add different units: 'v' is volt, 'tau' is second [unit-mismatch]\n"
       "    x = v + tau : volt\n"
       "        ^~~~~~~\n"},
      {"input v : mV\nx = exp(v) : 1\n",
       "m.model:2:9: error: 'exp' needs a pure number, found volt [unit-mismatch]\n"
       "    x = exp(v) : 1\n"
       "            ^\n"},
      {"input v : mV\nx = v > 3 : boolean\n",
       "m.model:2:5: error: cannot compare different units: 'v' is volt, '3' is a pure number [unit-mismatch]\n"
       "    x = v > 3 : boolean\n"
       "        ^~~~~\n"},
      {"input v : mV\nx = v : nA\n",
       "m.model:2:5: error: 'x' must be amp, but is volt [unit-mismatch]\n"
       "    x = v : nA\n"
       "        ^\n"},
      {"input v : mV\nx = clip(v, 0, 1) : mV\n",
       "m.model:2:16: error: 'clip' needs arguments of one unit: 'v' is volt, '1' is a pure number [unit-mismatch]\n"
       "    x = clip(v, 0, 1) : mV\n"
       "                   ^\n"},
      {"input v : mV\ninput n : 1\nx = v**n : mV\n",
       "m.model:3:8: error: the unit of a power of volt needs an exponent written as a number (at most 100) "
       "[unit-exponent]\n"
       "    x = v**n : mV\n"
       "           ^\n"
       "    try: divide by a unit first, to raise a pure number\n"},
      {"input v : mV\nx = v//(1*mV) : 1\n",
       "m.model:2:5: error: '//' needs pure numbers, found volt [unit-mismatch]\n"
       "    x = v//(1*mV) : 1\n"
       "        ^\n"},
      {"x = 3 : vlot\n",
       "m.model:1:9: error: there is no unit 'vlot' [unit-unknown]\n"
       "    x = 3 : vlot\n"
       "            ^~~~\n"
       "    try: 'volt'\n"},
      {"const T = 21.3 degC\n",
       "m.model:1:11: error: degC has no place in an expression: its zero is not nothing [unit-offset]\n"
       "    const T = 21.3 degC\n"
       "              ^~~~~~~~~\n"
       "    try: '294.45 kelvin'\n"},
  };
  expect(cases);
}

TEST(Errors, ParametersPriorsAndConstants) {
  const Case cases[] = {
      {"param g : nS ~ loguniform(1e-3, 10*mV)\n",
       "m.model:1:27: error: the lower bound of 'loguniform' must be siemens, but is a pure number [unit-mismatch]\n"
       "    param g : nS ~ loguniform(1e-3, 10*mV)\n"
       "                              ^~~~\n"
       "    try: a number alone has no unit: write for example '1e-3 uS'\n"
       "m.model:1:33: error: the upper bound of 'loguniform' must be siemens, but is volt [unit-mismatch]\n"
       "    param g : nS ~ loguniform(1e-3, 10*mV)\n"
       "                                    ^~~~~\n"},
      {"param g : nS = 20*nS ~ uniform(1*nS, 10*nS)\n",
       "m.model:1:16: error: the default of 'g' is impossible under its prior [default-outside-prior]\n"
       "    param g : nS = 20*nS ~ uniform(1*nS, 10*nS)\n"
       "                   ^~~~~\n"
       "    try: widen the prior, or move the default into it\n"},
      {"param g : mv ~ unifrom(1, 2)\n",
       "m.model:1:11: error: there is no unit 'mv' [unit-unknown]\n"
       "    param g : mv ~ unifrom(1, 2)\n"
       "              ^~\n"
       "    try: 'mV'\n"
       "m.model:1:16: error: there is no prior 'unifrom' [prior-family]\n"
       "    param g : mv ~ unifrom(1, 2)\n"
       "                   ^~~~~~~\n"
       "    try: 'uniform'\n"},
      {"param g : 1 = 1/0\n",
       "m.model:1:15: error: the default of 'g' is infinite [not-finite]\n"
       "    param g : 1 = 1/0\n"
       "                  ^~~\n"},
      {"param p : mV\nconst E = 2*p\n",
       "m.model:2:13: error: 'p' is a parameter, a constant depends on constants only [not-constant]\n"
       "    const E = 2*p\n"
       "                ^\n"
       "    try: a sub-expression instead: 'x = ... : unit'\n"},
      {"const E = R*T\n",
       "m.model:1:11: error: there is no 'R' here [unknown-name]\n"
       "    const E = R*T\n"
       "              ^\n"
       "    try: 'const R = 8.3144598*joule/mole/kelvin'\n"
       "m.model:1:13: error: there is no 'T' here [unknown-name]\n"
       "    const E = R*T\n"
       "                ^\n"},
      {"g : siemens (constant)\n",
       "m.model:1:1: error: 'g' is declared but gets no value (Brian 2 would take it from Python) [no-value]\n"
       "    g : siemens (constant)\n"
       "    ^\n"
       "    try: 'param g : siemens ~ prior' to fit it, 'const g = value' to fix it, 'input g : siemens' if it is "
       "recorded or commanded\n"},
      {"g : siemens (constant)\nparam g : mV\n",
       "m.model:2:11: error: 'g' is volt here, but siemens in line 1 [unit-mismatch]\n"
       "    param g : mV\n"
       "              ^~\n"},
  };
  expect(cases);
}

TEST(Errors, Names) {
  const Case cases[] = {
      {"k1 = 2 : 1\nx = k11 + 1 : 1\ny = k11 : 1\n",
       "m.model:2:5: error: there is no 'k11' here [unknown-name]\n"
       "    x = k11 + 1 : 1\n"
       "        ^~~\n"
       "    try: 'k1'\n"},
      {"x = 1 : 1\ny = 2 : 1\nx = 3 : 1\n",
       "m.model:3:1: error: 'x' is defined twice, first in line 1 [duplicate]\n"
       "    x = 3 : 1\n"
       "    ^\n"
       "    try: rename one, or delete it\n"},
      {"a = b + 1 : 1\nb = c : 1\nc = 2*a : 1\nd = a : 1\n",
       "m.model:1:1: error: sub-expressions depend on each other in a circle: a -> b -> c -> a [cycle]\n"
       "    a = b + 1 : 1\n"
       "    ^\n"
       "    try: a quantity that feeds back on itself is a state: 'dx/dt = ...'\n"},
      {"a = a : 1\n",
       "m.model:1:1: error: sub-expressions depend on each other in a circle: a -> a [cycle]\n"
       "    a = a : 1\n"
       "    ^\n"
       "    try: a quantity that feeds back on itself is a state: 'dx/dt = ...'\n"},
      {"const a = b\nconst b = 2*a\n",
       "m.model:1:7: error: constants depend on each other in a circle: a -> b -> a [cycle]\n"
       "    const a = b\n"
       "          ^\n"
       "    try: give one of them a number\n"},
      {"dx/dt = 0 : 1\ndy/dt = 0 : 1\ninit x = y\ninit y = z\nz = x + 1 : 1\n",
       "m.model:1:2: error: initial values depend on each other in a circle: x -> y -> z -> x [cycle]\n"
       "    dx/dt = 0 : 1\n"
       "     ^\n"
       "    try: give one of them a number\n"},
      {"const mV = 3\nlambda = 2 : 1\ninput = 3 : 1\nexp = 1 : 1\n_x = 1 : 1\n",
       "m.model:1:7: error: 'mV' is the name of a unit and cannot name a variable [illegal-name]\n"
       "    const mV = 3\n"
       "          ^~\n"
       "m.model:2:1: error: 'lambda' is a keyword and cannot name a variable [illegal-name]\n"
       "    lambda = 2 : 1\n"
       "    ^~~~~~\n"
       "m.model:3:1: error: 'input' is a word of the model language and cannot name a variable [illegal-name]\n"
       "    input = 3 : 1\n"
       "    ^~~~~\n"
       "m.model:4:1: error: 'exp' is the name of a function and cannot name a variable [illegal-name]\n"
       "    exp = 1 : 1\n"
       "    ^~~\n"
       "m.model:5:1: error: '_x' starts with an underscore and cannot name a variable [illegal-name]\n"
       "    _x = 1 : 1\n"
       "    ^~\n"},
      {"x = exq(2) + exp : 1\n",
       "m.model:1:5: error: there is no function 'exq' [unknown-function]\n"
       "    x = exq(2) + exp : 1\n"
       "        ^~~\n"
       "    try: 'exp'\n"
       "m.model:1:14: error: 'exp' is a function [unknown-name]\n"
       "    x = exq(2) + exp : 1\n"
       "                 ^~~\n"
       "    try: give it its arguments in parentheses\n"},
      {"input I : amp\nx = I(t)/amp : 1\n",
       "m.model:2:5: error: there is no function 'I' [unknown-function]\n"
       "    x = I(t)/amp : 1\n"
       "        ^\n"
       "    try: 'I' alone (it is no function; its value at the time is meant), or 'I*(...)' for a product\n"},
      {"x = exp(1, 2) : 1\n",
       "m.model:1:5: error: 'exp' takes 1 argument, found 2 [argument-count]\n"
       "    x = exp(1, 2) : 1\n"
       "        ^~~~~~~~~\n"},
      {"dv/dt = 0 : 1\ninit vv = 1\ninit v = 1\ninit v = 2\n",
       "m.model:2:6: error: there is no state 'vv' [unknown-name]\n"
       "    init vv = 1\n"
       "         ^~\n"
       "    try: 'v'\n"
       "m.model:4:6: error: 'v' has two initial values, the other in line 3 [duplicate]\n"
       "    init v = 2\n"
       "         ^\n"
       "    try: delete one\n"},
      {"observe I ~ normal(I, 1)\n",
       "m.model:1:20: error: 'I' is the name of a recorded channel, not of a value [unknown-name]\n"
       "    observe I ~ normal(I, 1)\n"
       "                       ^\n"
       "    try: define it first: 'I = ... : unit', then 'observe I ~ normal(I, sd)'\n"},
  };
  expect(cases);
}

TEST(Errors, ObserveAndRequire) {
  const Case cases[] = {
      {"input v : mV\nobserve I ~ normal(v, 0.1)\n",
       "m.model:2:23: error: the sd of 'I' must be volt, but is a pure number [unit-mismatch]\n"
       "    observe I ~ normal(v, 0.1)\n"
       "                          ^~~\n"
       "    try: a number alone has no unit: write for example '0.1 mV'\n"},
      {"observe I ~ norml(1, 2)\n",
       "m.model:1:13: error: there is no noise 'norml' [noise-family]\n"
       "    observe I ~ norml(1, 2)\n"
       "                ^~~~~\n"
       "    try: 'normal'\n"},
      {"observe I ~ ar1(1, 2)\n",
       "m.model:1:13: error: the noise 'ar1' takes 3 arguments, found 2 [argument-count]\n"
       "    observe I ~ ar1(1, 2)\n"
       "                ^~~~~~~~~\n"
       "    try: 'ar1(mean, sd, tau)'\n"},
      {"observe I ~ cauchy(1, 2)\n",
       "m.model:1:13: error: there is no noise 'cauchy' [noise-family]\n"
       "    observe I ~ cauchy(1, 2)\n"
       "                ^~~~~~\n"
       "    try: 'normal(mean, sd)', 'ar1(mean, sd, tau)', 'lognormal(median, sd_of_log)', 'binomial(n, p)', "
       "'poisson(mean)', 'bernoulli(p)'\n"},
      {"observe n ~ poisson(1, 2)\n",
       "m.model:1:13: error: the noise 'poisson' takes 1 argument, found 2 [argument-count]\n"
       "    observe n ~ poisson(1, 2)\n"
       "                ^~~~~~~~~~~~~\n"
       "    try: 'poisson(mean)'\n"},
      {"input v : mV\nobserve v2 ~ lognormal(v, 1 mV)\nobserve w ~ lognormal(v, -0.1)\n",
       "m.model:2:27: error: the sd of the log of 'v2' must be a pure number, but is volt [unit-mismatch]\n"
       "    observe v2 ~ lognormal(v, 1 mV)\n"
       "                              ^~~~\n"
       "m.model:3:26: error: the sd of the log of 'w' must be above 0 [noise-not-positive]\n"
       "    observe w ~ lognormal(v, -0.1)\n"
       "                             ^~~~\n"},
      {"dv/dt = 0 : volt\nobserve v ~ poisson(3)\nobserve n ~ binomial(2.5, 1.5)\nobserve b ~ bernoulli(v)\n",
       "m.model:2:9: error: 'v' is in volt, but what 'poisson' gives is a pure number [unit-mismatch]\n"
       "    observe v ~ poisson(3)\n"
       "            ^\n"
       "    try: a new name for what is counted\n"
       "m.model:3:22: error: the number of trials of 'n' must be a whole number from 0 on [noise-range]\n"
       "    observe n ~ binomial(2.5, 1.5)\n"
       "                         ^~~\n"
       "m.model:3:27: error: the probability of 'n' must be from 0 to 1 [noise-range]\n"
       "    observe n ~ binomial(2.5, 1.5)\n"
       "                              ^~~\n"
       "m.model:4:23: error: the probability of 'b' must be a pure number, but is volt [unit-mismatch]\n"
       "    observe b ~ bernoulli(v)\n"
       "                          ^\n"},
      {"input v : mV\nobserve I ~ ar1(v, 0.1*v, 1 ms)\nobserve I ~ normal(v, -1 mV)\n",
       "m.model:2:20: error: the sd of 'I' changes with 'v', but 'ar1' is stationary [noise-varies]\n"
       "    observe I ~ ar1(v, 0.1*v, 1 ms)\n"
       "                       ^~~~~\n"
       "    try: use parameters and constants only\n"
       "m.model:3:9: error: 'I' is observed twice, first in line 2 [duplicate]\n"
       "    observe I ~ normal(v, -1 mV)\n"
       "            ^\n"
       "    try: delete one\n"
       "m.model:3:23: error: the sd of 'I' must be above 0 [noise-not-positive]\n"
       "    observe I ~ normal(v, -1 mV)\n"
       "                          ^~~~~\n"},
      {"input V : mV\nrequire V in [1 mV, -1 mV]\n",
       "m.model:2:9: error: the condition depends on 'V', which has no value here [require-open]\n"
       "    require V in [1 mV, -1 mV]\n"
       "            ^\n"
       "    try: add 'for V in [from, to]'\n"
       "m.model:2:15: error: the lower end of the interval must be below the upper one [empty-interval]\n"
       "    require V in [1 mV, -1 mV]\n"
       "                  ^~~~~~~~~~~\n"
       "    try: swap them\n"},
      {"param p : 1\nrequire p in [0, 1] for p in [0, 1]\n",
       "m.model:2:25: error: 'p' is a parameter: what ranges is an input, a state or 't' [require-range]\n"
       "    require p in [0, 1] for p in [0, 1]\n"
       "                            ^\n"},
  };
  expect(cases);
}

TEST(Errors, Syntax) {
  const Case cases[] = {
      {"dw/dt = (1 - w)/tau\nconst tau = 3 ms\n",
       "m.model:1:20: error: expected an operator, or ':' and the unit of 'w', found the end of the line [syntax]\n"
       "    dw/dt = (1 - w)/tau\n"
       "                       ^\n"
       "    try: end with ': unit' (': 1' for a pure number)\n"},
      {"x = (1 + 2 : 1\n",
       "m.model:1:5: error: the '(' of line 1 is not closed before ':' [syntax]\n"
       "    x = (1 + 2 : 1\n"
       "        ^\n"},
      {"x = 2 + : 1\n",
       "m.model:1:9: error: expected a value, found ':' [syntax]\n"
       "    x = 2 + : 1\n"
       "            ^\n"},
      {"input v : 1\nx = 2 v : 1\n",
       "m.model:2:7: error: an operator is missing between '2' and 'v' [syntax]\n"
       "    x = 2 v : 1\n"
       "          ^\n"
       "    try: '2*v' for a product\n"},
      {"input v : 1\nx = 0 < v < 1 : boolean\n",
       "m.model:2:11: error: comparisons cannot be chained [syntax]\n"
       "    x = 0 < v < 1 : boolean\n"
       "              ^\n"
       "    try: join two with 'and': 'a < b and b < c'\n"},
      {"input v : 1\nx = v if v > 0 else 1 : 1\n",
       "m.model:2:7: error: there is no 'if' in expressions [syntax]\n"
       "    x = v if v > 0 else 1 : 1\n"
       "          ^~\n"
       "    try: multiply by the condition: 'a*(v > b) + c*(v <= b)'\n"},
      {"x = 2^3 : 1\n",
       "m.model:1:6: error: '^' is not part of the language [bad-character]\n"
       "    x = 2^3 : 1\n"
       "         ^\n"
       "    try: write '**' for a power\n"},
      {"parm p : 1/ms\nx = p*ms : 1\n",
       "m.model:1:1: error: there is no statement 'parm' [syntax]\n"
       "    parm p : 1/ms\n"
       "    ^~~~\n"
       "    try: 'param'\n"},  // and nothing about p: it is known that it was to be defined
      {"x = 1e400 : 1\n",
       "m.model:1:5: error: the number 1e400 is beyond the range of double precision [number-range]\n"
       "    x = 1e400 : 1\n"
       "        ^~~~~\n"},
      {"x = 1,5 : 1\n",
       "m.model:1:6: error: expected an operator, or ':' and the unit of 'x', found ',' [syntax]\n"
       "    x = 1,5 : 1\n"
       "         ^\n"
       "    try: end with ': unit' (': 1' for a pure number), or write 'const' before a fixed value\n"},
      {"dx/ds = 1 : 1\n",
       "m.model:1:4: error: expected 'dt' in 'dx/dt', found 'ds' [syntax]\n"
       "    dx/ds = 1 : 1\n"
       "       ^~\n"},
      {"init a = 2\n  + 3\nda/dt = 0 : 1\n",
       "m.model:2:3: error: a statement cannot start with '+' [syntax]\n"
       "      + 3\n"
       "      ^\n"
       "    try: to go on with the line before, put the expression in parentheses or end that line with the "
       "operator\n"},
      {"x : volt (konstant)\n",
       "m.model:1:1: error: 'x' is declared but gets no value (Brian 2 would take it from Python) [no-value]\n"
       "    x : volt (konstant)\n"
       "    ^\n"
       "    try: 'param x : volt ~ prior' to fit it, 'const x = value' to fix it, 'input x : volt' if it is recorded "
       "or commanded\n"
       "m.model:1:11: error: there is no flag 'konstant' [unknown-flag]\n"
       "    x : volt (konstant)\n"
       "              ^~~~~~~~\n"
       "    try: 'constant'\n"},
  };
  expect(cases);
}

TEST(Errors, LookAlikesAreNamed) {
  const Case cases[] = {
      {"x = 3 \xE2\x88\x92 2 : 1\n",
       "m.model:1:7: error: '\xE2\x88\x92' (U+2212) is not part of the language [bad-character]\n"
       "    x = 3 \xE2\x88\x92 2 : 1\n"
       "          ^\n"
       "    try: '-'\n"},
      {"x = 2*\xD0\xB0 : 1\n",
       "m.model:1:7: error: '\xD0\xB0' (U+0430) is not part of the language [bad-character]\n"
       "    x = 2*\xD0\xB0 : 1\n"
       "          ^\n"
       "    try: a Latin 'a'\n"},
      {"x = 2 : \xC2\xB5V\n",
       "m.model:1:9: error: '\xC2\xB5' (U+00B5) is not part of the language [bad-character]\n"
       "    x = 2 : \xC2\xB5V\n"
       "            ^\n"
       "    try: 'u' in a unit (uA, umetre), or a name such as 'mu'\n"},
      {"x = 2 : 1 # \xE2\x80\xAE hidden\n",
       "m.model:1:13: error: the character U+202E changes the order in which text is shown [bad-character]\n"
       "    x = 2 : 1 # \xE2\x80\xAE hidden\n"
       "                ^\n"
       "    try: delete it (it is invisible)\n"},
      {"x = \xFF 2 : 1\n",
       "m.model:1:5: error: the byte 0xFF is not UTF-8 text [bad-character]\n"
       "    x = \xFF 2 : 1\n"
       "        ^\n"
       "    try: save the file as UTF-8\n"},
  };
  expect(cases);
  EXPECT_EQ(errors_of("# \xC2\xB5V, \xE2\x88\x92, \xD0\xB0: comments may hold any text\n"), "no error");
}

TEST(Errors, WhatCannotBeRunYetIsNamedWithTheReason) {
  const std::string errors = errors_of(
      "dv/dt = -v/(5*ms) : volt (event-driven)\n"
      "dw/dt = -w/(5*ms) : volt (clock-driven)\n"
      "s = 2*v : volt (summed)\n"
      "p = v*1*nS : amp (point current)\n");
  for (const char* wanted :
       {"m.model:1:27: error: the flag 'event-driven' cannot be run yet: there are no synapses yet",
        "m.model:2:27: error: the flag 'clock-driven' cannot be run yet: ",
        "m.model:3:17: error: the flag 'summed' cannot be run yet: ",
        "error: the flag 'point current' cannot be run yet: there are no compartments yet"})
    EXPECT_NE(errors.find(wanted), std::string::npos) << wanted << "\nin\n" << errors;
  EXPECT_EQ(errors_of("x = v_pre : 1\n"),
            "m.model:1:5: error: 'v_pre' is of a neuron before or behind a synapse, and there are no synapses yet "
            "[not-yet-run]\n    x = v_pre : 1\n        ^~~~~\n");
}

TEST(Errors, OfRandomNumbers) {
  const Case cases[] = {
      {"dv/dt = rand()/ms : 1\n",
       "m.model:1:9: error: the random function 'rand' has no place here [random-misplaced]\n"
       "    dv/dt = rand()/ms : 1\n"
       "            ^~~~\n"
       "    try: in a sub-expression: 'x = ... : unit (constant over dt)'\n"},
      {"input v : mV\nobserve v2 ~ normal(v, randn()*mV)\n",
       "m.model:2:24: error: the random function 'randn' has no place here [random-misplaced]\n"
       "    observe v2 ~ normal(v, randn()*mV)\n"
       "                           ^~~~~\n"
       "    try: in a reset, a condition, 'init' or a sub-expression '(constant over dt)'\n"},
      {"x = poisson(2*ms) : 1 (constant over dt)\n",
       "m.model:1:13: error: 'poisson' needs a pure number, found second [unit-mismatch]\n"
       "    x = poisson(2*ms) : 1 (constant over dt)\n"
       "                ^~~~\n"},
      {"x = xi*second**0.5 : 1 (constant over dt)\n",
       "m.model:1:5: error: the noise 'xi' has no place here [noise-misplaced]\n"
       "    x = xi*second**0.5 : 1 (constant over dt)\n"
       "        ^~\n"
       "    try: noise drives differential equations: dx/dt = ... + xi\n"},
      {"x = rand() : 1 (constant over dt)\nrequire x in [0, 1]\n",
       "m.model:2:9: error: the condition depends on 'rand()', which has no value here [require-open]\n"
       "    require x in [0, 1]\n"
       "            ^\n"
       "    try: add 'for rand() in [from, to]'\n"},
  };
  expect(cases);
}

TEST(Errors, OfSharedAndLinked) {
  const Case cases[] = {
      {"dv/dt = 0 : 1\nx = 2*v : 1 (shared)\n",
       "m.model:2:7: error: 'x' is shared by all cells, and 'v' is not [not-shared]\n"
       "    x = 2*v : 1 (shared)\n"
       "          ^\n"
       "    try: without the flag: in a model of one cell it means the same\n"},
      {"w : 1 (linked)\nconst w = 2\n",
       "m.model:1:1: error: 'w' is linked, so another group gives its value, but here it is a constant "
       "[misplaced-flag]\n"
       "    w : 1 (linked)\n"
       "    ^\n"
       "    try: 'input w : 1', or without the flag\n"},
      {"w : 1 (shared)\nconst w = 2\nthreshold t > 1*ms\nreset w = 3\n",
       "m.model:4:7: error: 'w' is declared shared and cannot be reset [assignment]\n"
       "    reset w = 3\n"
       "          ^\n"
       "    try: without that flag\n"},
      {"const w = 2\nthreshold t > 1*ms\nreset w = 3\n",
       "m.model:3:7: error: 'w' is a constant and cannot be reset [assignment]\n"
       "    reset w = 3\n"
       "          ^\n"
       "    try: declare it as a variable, 'w : 1': it then starts from that value\n"},
  };
  expect(cases);
  EXPECT_EQ(errors_of("w : 1 (linked)\ninput w : 1\nk : 1 (shared)\nconst k = 2\nx = 2*k*t/ms*N : 1 (shared)\n"),
            "no error");
}

TEST(Errors, OfTables) {
  const Case cases[] = {
      {"table I(t) = [0, 1*mV] nA, dt = 1 ms\n",
       "m.model:1:18: error: a value of the table 'I' must be a pure number, but is volt [unit-mismatch]\n"
       "    table I(t) = [0, 1*mV] nA, dt = 1 ms\n"
       "                     ^~~~\n"},
      {"table I(t) = [0, 1] nA, dt = 0 ms\n",
       "m.model:1:30: error: the 'dt' of the table 'I' must be above 0 [empty-interval]\n"
       "    table I(t) = [0, 1] nA, dt = 0 ms\n"
       "                                 ^~~~\n"},
      {"table I(x) = [0, 1] nA, dt = 1 ms\n",
       "m.model:1:9: error: expected 't': a table is a function of a time, found 'x' [syntax]\n"
       "    table I(x) = [0, 1] nA, dt = 1 ms\n"
       "            ^\n"
       "    try: 'table I(t) = [0, 1, 2] nA, dt = 1 ms'\n"},
      {"table I(t) = [0, 1] nA, dt = 1 ms\nx = 2*I : amp\n",
       "m.model:2:7: error: 'I' is a table [unknown-name]\n"
       "    x = 2*I : amp\n"
       "          ^\n"
       "    try: 'I(t)'\n"},
      {"table I(t) = [0, 1] nA, dt = 1 ms\nx = I(3) : amp\n",
       "m.model:2:7: error: 'I' needs a time, found a pure number [unit-mismatch]\n"
       "    x = I(3) : amp\n"
       "          ^\n"},
      {"table I(t) = [0, 1] nA, dt = 1 ms\nconst I = 2 nA\n",
       "m.model:1:7: error: 'I' is a table and a constant, in line 2 [duplicate]\n"
       "    table I(t) = [0, 1] nA, dt = 1 ms\n"
       "          ^\n"
       "    try: rename one\n"},
  };
  expect(cases);
  EXPECT_EQ(errors_of("table g(t) = [0, 1], dt = 1 ms\nx = g(t - 2*ms) : 1\n"), "no error");
}

TEST(Errors, OfEvents) {
  const Case cases[] = {
      {"dv/dt = 0 : 1\nevent a v > 1\nevent a v > 2\n",
       "m.model:3:7: error: the event 'a' is defined twice, first in line 2 [duplicate]\n"
       "    event a v > 2\n"
       "          ^\n"
       "    try: rename one, or join the conditions with 'or'\n"},
      {"dv/dt = 0 : 1\nevent burst v > 1\non burstt v = 2\n",
       "m.model:3:4: error: there is no event 'burstt' [unknown-name]\n"
       "    on burstt v = 2\n"
       "       ^~~~~~\n"
       "    try: 'burst'\n"},
      {"dv/dt = 0 : 1\nevent spike v > 1\n",
       "m.model:2:7: error: 'spike' is what 'threshold' defines [illegal-name]\n"
       "    event spike v > 1\n"
       "          ^~~~~\n"},
      {"dv/dt = 0 : 1\nevent a v + 1\n",
       "m.model:2:9: error: the condition of an event must be true or false, but is a pure number [type-mismatch]\n"
       "    event a v + 1\n"
       "            ^~~~~\n"
       "    try: compare it with something: '... > ...'\n"},
      {"dv/dt = 0 : 1\nevent a lastspike > t\n",
       "m.model:2:9: error: 'lastspike' in a model that has no threshold [no-threshold]\n"
       "    event a lastspike > t\n"
       "            ^~~~~~~~~\n"
       "    try: threshold v > -50*mV\n"},
  };
  expect(cases);
}

TEST(Errors, OfSpikes) {
  const std::string spikes = "threshold v > 1*mV\n";
  EXPECT_EQ(errors_of("dv/dt = 0 : volt\nthreshold v > 1*mV; reset v = 0*mV; refractory 2*ms\n"), "no error");
  EXPECT_NE(errors_of("dv/dt = 0 : volt\nreset v = 3\n" + spikes)
                .find("what 'v' is reset with must be volt, but is a pure number"),
            std::string::npos);
  EXPECT_NE(
      errors_of("dv/dt = 0 : volt\nreset v += 1*mV; v *= 2*mV\n" + spikes).find("must be a pure number, but is volt"),
      std::string::npos);
  EXPECT_NE(
      errors_of("dv/dt = 0 : volt\nreset v = 0*mV\n").find("a reset in a model that has no threshold [no-threshold]"),
      std::string::npos);
  EXPECT_NE(errors_of("dv/dt = 0 : volt\nrefractory 2*ms\n")
                .find("a refractory period in a model that has no threshold [no-threshold]"),
            std::string::npos);
}

TEST(Errors, ADeclaredTypeIsNotLostWhereTheValueIsGiven) {
  EXPECT_NE(errors_of("x : integer (constant)\nconst x : 1 = 2\n")
                .find("'x' is '1' here, but 'integer' in line 1 [type-mismatch]"),
            std::string::npos);
  EXPECT_EQ(errors_of("x : volt (constant)\nconst x : mV = 2*mV\n"), "no error");
}

TEST(Errors, OfNoise) {
  EXPECT_EQ(errors_of("dv/dt = -v/(5*ms) + xi*volt*second**-0.5 : volt\n"), "no error");
  // Units are checked there too.
  EXPECT_NE(errors_of("dv/dt = xi*volt : volt\n").find("must be volt second^-1, but is volt second^-0.5"),
            std::string::npos);
  EXPECT_NE(errors_of("const k = xi\ndv/dt = 0 : volt\n").find("the noise 'xi' has no place here [noise-misplaced]"),
            std::string::npos);
  EXPECT_NE(errors_of("n = xi*volt*second**0.5 : volt\ndv/dt = n/second : volt\nobserve n ~ normal(n, 1*mV)\n")
                .find("what is observed holds the noise 'xi' [noise-misplaced]"),
            std::string::npos);
  EXPECT_NE(errors_of("dv/dt = volt*xi**2 : volt\n").find("dv/dt is not linear in the noise 'xi' [noise-not-linear]"),
            std::string::npos);
  EXPECT_NE(errors_of("da/dt = xi*second**-0.5 : 1\ndb/dt = xi*second**-0.5 : 1\n")
                .find("'xi' stands in da/dt and in db/dt [noise-shared]"),
            std::string::npos);
  // A name of its own may stand in two: one and the same noise.
  EXPECT_EQ(errors_of("da/dt = xi_c*second**-0.5 : 1\ndb/dt = xi_c*second**-0.5 : 1\n"), "no error");
}

TEST(Errors, AllAtOnceInOrderWithoutEchoes) {
  const auto model = load_model(
      "const g = 3*nSS\n"                // unknown name; `g` has no unit then
      "x = g*(v - w) : amp\n"            // unknown v, w; nothing about units
      "y = x + 3 : amp\n"                // unit
      "z = (y : amp\n"                   // syntax; `z` is known as amp
      "u = z + y + q : amp\n"            // unknown q
      "param p : foo ~ uniform(0, 1)\n"  // unknown unit
      "r = p + v : 1\n",                 // v again: told once
      "m");
  ASSERT_FALSE(model.has_value());
  std::vector<std::pair<int, std::string>> found;
  for (const Error& error : model.error()) found.emplace_back(error.span->line, error.code);
  const std::vector<std::pair<int, std::string>> wanted = {
      {1, "unknown-name"}, {2, "unknown-name"}, {2, "unknown-name"}, {3, "unit-mismatch"},
      {4, "syntax"},       {5, "unknown-name"}, {6, "unit-unknown"}};
  EXPECT_EQ(found, wanted) << render(model.error());
}

TEST(Errors, ManyAreCounted) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += "x" + std::to_string(i) + " = y" + std::to_string(i) + " : 1\n";
  const auto model = load_model(text, "m");
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().size(), 101U);
  EXPECT_EQ(render({model.error().back()}), "m: error: 150 more errors are not shown [too-many-errors]\n");
}

}  // namespace
}  // namespace hillock::lang
