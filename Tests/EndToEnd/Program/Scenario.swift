// One promise, as a program that checks it: the functions it needs, and what it does with them.
// Scenarios are found by name; a failed expectation ends the program with its text and status 1.

import Gantry
import Glibc

/// What one test runs in a process of its own.
struct Scenario: Sendable {
  /// A sentence: the promise.
  let name: String
  let functions: [any RegisteredFunction]
  var configuration = Configuration()
  let run: @Sendable (Driver) async throws -> Void
}

/// Scenarios that belong together; a test suite runs one group.
struct ScenarioGroup: Sendable {
  let name: String
  let scenarios: [Scenario]
}

/// Ends the program unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String, line: Int = #line) {
  if !condition { fail("expectation in line \(line): \(message())") }
}

/// Ends the program unless both are equal.
func expectEqual<T: Equatable>(_ value: T, _ expected: T, _ what: String = "", line: Int = #line) {
  if value != expected { fail("expectation in line \(line): \(what) is \(value) instead of \(expected)") }
}

func fail(_ message: String) -> Never {
  fflush(nil)
  var text = "FAILED: \(message)\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  exit(1)
}
