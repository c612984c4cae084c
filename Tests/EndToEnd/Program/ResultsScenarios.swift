// Promises about what a map gives back, and in which order.

import Gantry

private let square = Function("square") { (x: Int) in x * x }

let resultsScenarios = ScenarioGroup(
  name: "results",
  scenarios: [
    Scenario(name: "a map gives what a serial map gives", functions: [square]) { _ in
      for count in [0, 1, 10, 49, 50, 100, 1000] {
        expectEqual(try await square.map(0..<count).collect(), (0..<count).map { $0 * $0 }, "\(count) squares")
      }
    }
  ])
