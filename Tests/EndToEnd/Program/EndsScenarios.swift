// Promises about what is told of containers that ended and of calls that ended with them.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Glibc

private let hungry = Function(
  "hungry", options: .init(maxContainers: 1, crashRetries: .none, memoryLimit: 300 << 20)
) { (mebibytes: Int) -> Int in
  [UInt8](repeating: 1, count: mebibytes << 20).count
}
private let leavingEnter = Function(
  "leavingEnter", options: .init(maxContainers: 1),
  enter: { () -> Int in
    exit(3)
  }
) { (_: Int, x: Int) in x }
private let sleepingEnter = Function(
  "sleepingEnter", options: .init(maxContainers: 1, startupTimeout: .milliseconds(100)),
  enter: { () async throws -> Int in
    try await rest(1_000_000)
    return 1
  }
) { (_: Int, x: Int) in x }
/// One of its containers is for ever about to be ready, with inputs of its own; the others leave.
private let halfLeavingEnter = Function(
  "halfLeavingEnter", options: .init(maxContainers: 2),
  enter: { () async throws -> Int in
    Board.add(0)
    if Board.value(0) > 1 { exit(3) }
    try await rest(1_000_000)
    return 1
  }
) { (_: Int, x: Int) in x }
private let leaving = Function("leaving", options: .init(crashRetries: .none)) { (code: Int32) -> Int in
  exit(code)
}
private let square = Function("square") { (x: Int) in x * x }

let endsScenarios = ScenarioGroup(
  name: "ends",
  scenarios: [
    Scenario(name: "the error of an input that outgrew the memory limit names the limit", functions: [hungry])
    { _ in
      expectEqual(try await hungry.remote(1), 1 << 20)
      let error = require(await thrown { _ = try await hungry.remote(500) }, InputError.self)
      guard case .crashed(let end) = error.reason else { fail("\(error)") }
      expect("\(end)".contains("Its memoryLimit is 314572800 bytes."), "\(end)")
      expect("\(error)".contains("314572800"), "\(error)")
      expectEqual(try await hungry.remote(2), 2 << 20)
    },
    Scenario(
      name: "an exit is said to be one, and of an input only where one ran",
      functions: [leaving, leavingEnter]
    ) { _ in
      let failed = require(await thrown { _ = try await leaving.remote(9) }, InputError.self)
      expect("\(failed)".contains("exited with code 9."), "\(failed)")
      let refused = require(await thrown { _ = try await leavingEnter.remote(1) }, GantryError.self)
      expectEqual(refused.code, .containerStartFailed)
      expect(refused.message.contains("exited with code 3"), refused.message)
      expect(!refused.message.contains("an input ran"), refused.message)
    },
    Scenario(name: "an enter that does not return is said to have taken too long", functions: [sleepingEnter])
    {
      _ in
      let error = require(await thrown { _ = try await sleepingEnter.remote(1) }, GantryError.self)
      expectEqual(error.code, .containerStartFailed)
      expect(
        error.message.contains(
          "it was not ready for its first input within the startupTimeout of 0.1 seconds"),
        error.message)
    },
    Scenario(name: "nothing runs of a call whose containers cannot start", functions: [halfLeavingEnter]) {
      _ in
      let call = try await halfLeavingEnter.spawnMap(0..<5)
      let error = require(await thrown { try await call.wait() }, GantryError.self)
      expectEqual(error.code, .containerStartFailed)
      expectEqual(call.status.running, 0, "running")
    },
    Scenario(name: "batches have the index of their first output", functions: [square]) { _ in
      for ordered in [true, false] {
        var seen: Set<Int> = []
        for try await (index, outputs) in square.map(0..<5000, orderOutputs: ordered).batches.indexed {
          expectEqual(outputs, (index..<(index + outputs.count)).map { $0 * $0 }, "batch at \(index)")
          seen.formUnion(index..<(index + outputs.count))
        }
        expectEqual(seen.count, 5000)
      }
    },
  ])
