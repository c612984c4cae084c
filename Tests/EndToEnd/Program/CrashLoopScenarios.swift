// Promises about containers that never get as far as an input: their calls end with the reason, soon.

import Gantry
import Glibc

/// Ways not to get through `enter`.
private enum Failing: Int, CaseIterable {
  case throwing, trapping, exiting, killed, hanging, aborting, stopping, scribbling, closing

  /// What the reason must contain one of.
  var reasons: [String] {
    switch self {
    case .throwing: ["enter threw: the model is missing"]
    case .trapping: ["the model is broken"]
    case .exiting: ["exited with code 3"]
    case .killed: ["SIGKILL"]
    case .hanging, .stopping: ["within the startupTimeout of 0.3 seconds"]
    case .aborting: ["SIGABRT"]
    // It is seen at once where the driver looks at it for another reason, else when it is overdue.
    case .scribbling: ["it w"]
    // Dispatch, which misses its own descriptors, may be faster with a trap.
    case .closing: ["exited with code 4", "SIGILL", "SIGTRAP"]
    }
  }

  func fail() throws {
    switch self {
    case .throwing: throw PlainTrouble()
    case .trapping: fatalError("the model is broken")
    case .exiting: exit(3)
    case .killed: kill(getpid(), SIGKILL)
    case .hanging: break
    case .aborting: abort()
    case .stopping: raise(SIGSTOP)
    case .scribbling:
      let lane = HostileLane.own
      HostileLane.scribble(over: lane.page, seed: 12345)
    case .closing:
      for fd in 0..<1024 { close(Int32(fd)) }
      _exit(4)
    }
    while true { pause() }
  }
}

private struct PlainTrouble: Error, CustomStringConvertible {
  var description: String { "the model is missing" }
}

private func failing(_ way: Failing, atLeast least: Int = 0) -> Function<Int, Int> {
  let enter: @Sendable () throws -> Int = {
    try way.fail()
    return 1
  }
  return Function(
    "\(way)\(least)",
    options: .init(minContainers: least, maxContainers: 2, startupTimeout: .milliseconds(300)), enter: enter
  ) { (state: Int, x: Int) in x + state }
}

private let sound = Function("sound", options: .init(maxContainers: 1)) { (x: Int) in x * x }

private func expectLoop(_ way: Failing, line: Int = #line, _ body: () async throws -> Void) async {
  let error = require(await thrown(line: line, body), GantryError.self, line: line)
  expectEqual(error.code, .containerStartFailed, "the code of \(way)", line: line)
  expect(way.reasons.contains { error.message.contains($0) }, "\(way): \(error)", line: line)
}

let crashLoopScenarios =
  Failing.allCases.flatMap { way in
    [0, 1].map { least in
      let function = failing(way, atLeast: least)
      return Scenario(
        name: "a crash loop ends the call with the reason: \(way), \(least) kept",
        functions: [function, sound]
      ) { driver in
        async let beside = sound.map(0..<500).collect()
        await expectLoop(way) { _ = try await function.map(0..<100).collect() }
        await expectLoop(way) { _ = try await function.remote(1) }
        await expectLoop(way) {
          let call = try await function.spawnMap(0..<10)
          _ = try await call.results().collect()
        }
        expectEqual(try await beside, (0..<500).map { $0 * $0 })
        // Three in a row for each of the three calls, two at a time, and what is kept now and then.
        let started = driver.statistics.functions[0].containersStarted
        expect(started <= 30, "\(started) containers were started")
      }
    }
  }
