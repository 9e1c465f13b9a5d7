/// hillock._engine: what the package `hillock` (hillock/*.py) calls. Arrays in and out; names, types and defaults are
/// the package's.

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "infer/saved_posterior.hpp"
#include "python/callable_simulator.hpp"
#include "python/calling_thread.hpp"
#include "study/fit_simulator.hpp"
#include "study/stop.hpp"

namespace py = pybind11;

namespace hillock::python {
namespace {

using Numbers = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// Errors on their way to Python, where they become hillock.errors.from_engine(...).
struct Failure {
  Errors errors;
};

template <class T>
T value_of(Result<T> result) {
  if (!result) throw Failure{std::move(result.error())};
  return std::move(*result);
}

void raise(const Failure& failure) {
  py::list all;
  for (const Error& e : failure.errors) all.append(py::make_tuple(e.code, e.message, e.where, e.hint));
  const py::object error = py::module_::import("hillock.errors").attr("from_engine")(all, render(failure.errors));
  PyErr_SetObject(py::type::of(error).ptr(), error.ptr());
}

/// An array that keeps the numbers themselves: no copy.
py::array give(std::vector<double> values, std::vector<py::ssize_t> shape) {
  auto* kept = new std::vector<double>(std::move(values));
  const py::capsule owner(kept, [](void* p) { delete static_cast<std::vector<double>*>(p); });
  return py::array_t<double>(std::move(shape), kept->data(), owner);
}

py::array give(Array2 a) {
  const auto rows = static_cast<py::ssize_t>(a.rows), cols = static_cast<py::ssize_t>(a.cols);
  return give(std::move(a.values), {rows, cols});
}

std::span<const double> view(const Numbers& a) { return {a.data(), static_cast<std::size_t>(a.size())}; }

Array2 take(const Numbers& a) {
  HILLOCK_CHECK(a.ndim() == 2, "the package makes points rows");
  Array2 out(static_cast<std::size_t>(a.shape(0)), static_cast<std::size_t>(a.shape(1)));
  std::copy_n(a.data(), out.values.size(), out.values.data());
  return out;
}

class Flag final : public Progress {
 public:
  void raise() { up_ = true; }
  [[nodiscard]] bool should_stop() const override { return up_; }

 private:
  std::atomic<bool> up_ = false;
};

/// @param simulate  (theta, x, stop) -> [(row, reason), ...] of what failed, None where it was stopped. x is valid
///                  until it returns.
study::SimulatorPosterior fit(const py::function& simulate, std::vector<std::string> statistics,
                              const study::SimulatorStudy& asked) {
  CallingThread here;
  Flag stopped;
  std::exception_ptr raised;  // by Python code: it ends the fit, and goes on to whoever called
  const auto catching = [&](const auto& code) {
    const py::gil_scoped_acquire gil;
    try {
      code();
    } catch (...) {
      if (!raised) raised = std::current_exception();
      stopped.raise();
    }
  };
  auto simulator = std::make_unique<CallableSimulator>(
      std::move(statistics), [&](const Array2& parameters, Array2& x, const std::function<bool()>& stop) {
        Answered out;
        here.call([&] {
          catching([&] {
            // The function may keep what it is given: theta is its own.
            const py::array theta = give(parameters);
            const py::capsule ours(x.values.data(), [](void*) {});
            const py::array_t<double> view({x.rows, x.cols}, x.values.data(), ours);
            const py::object said = simulate(theta, view, py::cpp_function([&] { return stop(); }));
            if (said.is_none()) return;
            out.failed = said.cast<std::vector<std::pair<std::size_t, std::string>>>();
            out.whole = true;
          });
        });
        return out;
      });
  std::optional<Result<study::SimulatorPosterior>> found;
  {
    const py::gil_scoped_release no_gil;
    here.run([&] { found.emplace(study::fit_simulator(std::move(simulator), asked, stopped)); },
             [&] {
               catching([] {
                 if (PyErr_CheckSignals() != 0) throw py::error_already_set();
               });
             });
  }
  if (raised) std::rethrow_exception(raised);
  return value_of(std::move(*found));
}

}  // namespace
}  // namespace hillock::python

PYBIND11_MODULE(_engine, m) {
  using namespace hillock;
  using namespace hillock::python;
  using study::SimulatorPosterior;
  using study::SimulatorStudy;

  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const Failure& failure) {
      raise(failure);
    } catch (const Bug& found) {
      PyErr_SetString(PyExc_RuntimeError, found.what.c_str());
    }
  });

  py::class_<SimulatorStudy>(m, "Study")
      .def(py::init<>())
      .def_readwrite("priors", &SimulatorStudy::priors)
      .def_readwrite("observed", &SimulatorStudy::observed)
      .def_readwrite("traces", &SimulatorStudy::traces)
      .def_readwrite("trials", &SimulatorStudy::trials)
      .def_readwrite("embedding", &SimulatorStudy::embedding)
      .def_readwrite("method", &SimulatorStudy::method)
      .def_readwrite("density", &SimulatorStudy::density)
      .def_readwrite("simulations", &SimulatorStudy::simulations)
      .def_readwrite("rounds", &SimulatorStudy::rounds)
      .def_readwrite("members", &SimulatorStudy::members)
      .def_readwrite("draws", &SimulatorStudy::draws)
      .def_readwrite("seed", &SimulatorStudy::seed)
      .def_readwrite("budget", &SimulatorStudy::budget)
      .def_readwrite("threads", &SimulatorStudy::threads);

  // GIL: released where C++ computes; no object of Python's is touched there.
  py::class_<SimulatorPosterior>(m, "Posterior")
      .def_property_readonly("names", &SimulatorPosterior::names)
      .def_property_readonly("units", &SimulatorPosterior::units)
      .def_property_readonly("statistics", &SimulatorPosterior::statistics)
      .def_property_readonly("observed", &SimulatorPosterior::observed)
      .def_property_readonly("trials", &SimulatorPosterior::trials)
      .def_property_readonly("method", &SimulatorPosterior::method)
      .def_property_readonly("amortised", &SimulatorPosterior::amortised)
      .def_property_readonly("verdict_json", &SimulatorPosterior::verdict_json)
      // Read-only, and kept alive by the arrays that look at it.
      .def("draws",
           [](const py::object& self) {
             const Array2& a = self.cast<const SimulatorPosterior&>().draws();
             py::array_t<double> out({a.rows, a.cols}, a.values.data(), self);
             out.attr("setflags")(py::arg("write") = false);
             return out;
           })
      .def("sample",
           [](const SimulatorPosterior& p, std::size_t count, const Numbers& observed, std::uint64_t seed,
              std::uint64_t first) {
             const std::span<const double> x = view(observed);
             Result<Array2> out;
             {
               const py::gil_scoped_release no_gil;
               out = p.sample(count, x, seed, first);
             }
             return give(value_of(std::move(out)));
           })
      .def("log_prob",
           [](const SimulatorPosterior& p, const Numbers& theta, const Numbers& observed) {
             const Array2 points = take(theta);
             const std::span<const double> x = view(observed);
             Result<std::vector<double>> out;
             {
               const py::gil_scoped_release no_gil;
               out = p.log_prob(points, x);
             }
             const auto rows = static_cast<py::ssize_t>(points.rows);
             return give(value_of(std::move(out)), {rows});
           })
      .def("to_bytes", [](const SimulatorPosterior& p) { return py::bytes(value_of(p.to_bytes())); })
      .def("map", [](const SimulatorPosterior& p) { return value_of(p.map()); });

  using infer::SavedPosterior;
  py::class_<SavedPosterior>(m, "SavedPosterior")
      .def_property_readonly("names", [](const SavedPosterior& p) { return p.space().names(); })
      .def_property_readonly("statistics", &SavedPosterior::statistics)
      .def_property_readonly("observed", &SavedPosterior::observed)
      .def_property_readonly(
          "trials",
          [](const SavedPosterior& p) { return p.layout().kind == infer::Embedding::set ? p.layout().items : 1; })
      .def_property_readonly("amortised", &SavedPosterior::amortised)
      .def("sample",
           [](const SavedPosterior& p, std::size_t count, const Numbers& observed, std::uint64_t seed,
              std::uint64_t first) {
             const std::span<const double> x = observed.size() == 0 ? std::span(p.observed()) : view(observed);
             Result<Array2> out;
             {
               const py::gil_scoped_release no_gil;
               out = p.draw(x, count, seed, first);
             }
             return give(value_of(std::move(out)));
           })
      .def("log_prob",
           [](const SavedPosterior& p, const Numbers& theta, const Numbers& observed) {
             const Array2 points = take(theta);
             if (points.cols != p.space().size())
               throw Failure{{{"parameter-count",
                               std::to_string(points.cols) + " numbers a point for " +
                                   std::to_string(p.space().size()) + " parameters",
                               std::nullopt, "theta", ""}}};
             const std::span<const double> x = observed.size() == 0 ? std::span(p.observed()) : view(observed);
             Result<std::vector<double>> out;
             {
               const py::gil_scoped_release no_gil;
               out = p.log_density(points, x);
             }
             const auto rows = static_cast<py::ssize_t>(points.rows);
             return give(value_of(std::move(out)), {rows});
           })
      .def("map", [](const SavedPosterior& p) {
        const py::gil_scoped_release no_gil;
        return value_of(p.map());
      });
  m.def("load", [](const py::bytes& bytes, const std::string& where) {
    return value_of(SavedPosterior::from_bytes(std::string(bytes), where));
  });

  m.def("fit", &fit, py::arg("simulate"), py::arg("statistics"), py::arg("study"));
  m.def("parse_budget", [](const std::string& text) { return value_of(study::parse_budget(text)); });
  m.def("render", [](const std::vector<std::array<std::string, 4>>& errors) {
    std::string text;
    for (const auto& [code, message, where, hint] : errors)
      text += render(Error{code, message, std::nullopt, where, hint});
    return text;
  });
}
