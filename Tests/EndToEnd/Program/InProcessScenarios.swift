// Promises about drivers whose containers are threads of their own process, for debuggers.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let words = Function("words", options: .init(maxContainers: 3)) { (x: Int) async -> String in
  await Task.yield()
  return "\(x) in \(getpid())"
}
private let flaky = Function(
  "flaky", options: .init(retries: .init(maxRetries: 2, initialDelay: .milliseconds(1)))
) { (x: Int) -> Int in
  if x == 5, Board.add(0) < 3 { throw Hiccup(at: x) }
  return x
}
private let napping = Function("napping", options: .init(maxContainers: 1, timeout: .milliseconds(50))) {
  (x: Int) -> Int in
  nap(x)
  return x
}
private let resting = Function("resting", options: .init(maxContainers: 1)) { (x: Int) async throws -> Int in
  try await rest(x)
  return x
}
private let nested = Function("nested") { (x: Int) async throws -> Int in try await square.remote(x) }
private let large = Function("large") { (n: Int) in [UInt8](repeating: 7, count: n) }
private let once = Function("once", options: .init(maxContainers: 1, maxInputsPerContainer: 10)) { (x: Int) in
  x
}

private func scenario(
  _ name: String, _ functions: [any RegisteredFunction],
  _ run: @escaping @Sendable (Driver) async throws -> Void
) -> Scenario {
  Scenario(name: name, functions: functions, configuration: .init(start: .inProcess), run: run)
}

let inProcessScenarios = ScenarioGroup(
  name: "in-process",
  scenarios: [
    scenario("everything runs in the driver's own process", [square, words]) { _ in
      expectEqual(try await square.map(0..<10_000).collect(), (0..<10_000).map { $0 * $0 })
      expectEqual(try await words.map(0..<100).collect(), (0..<100).map { "\($0) in \(getpid())" })
      expectEqual(try await square.remote(9), 81)
    },
    scenario("thrown errors are retried and delivered as elsewhere", [flaky]) { _ in
      expectEqual(try await flaky.map(0..<20).collect(), Array(0..<20))
    },
    scenario("an attempt that takes too long is given up, and others go on", [napping]) { _ in
      let results = try await napping.map([1, 400, 2]).results.collect()
      expectEqual(results.map { try? $0.get() }, [1, nil, 2])
      guard case .failure(let error) = results[1], case .timedOut = error.reason else {
        fail("\(results[1])")
      }
    },
    scenario("a cancelled asynchronous body is cancelled", [resting]) { _ in
      let task = Task { try await resting.map([3_600_000]).collect() }
      try await rest(50)
      task.cancel()
      _ = require(await thrown { _ = try await task.value }, CancellationError.self)
      expectEqual(try await resting.remote(1), 1)
    },
    scenario("a call from inside a container is refused", [nested, square]) { _ in
      let error = thrownByFunction(await thrown { _ = try await nested.remote(1) })
      expect("\(error)".contains("inside a container"), "\(error)")
    },
    scenario("outputs larger than a ring arrive whole", [large]) { _ in
      expectEqual(try await large.map([5_000_000, 3]).collect().map(\.count), [5_000_000, 3])
    },
    scenario("containers are replaced, and end with their driver", [once]) { driver in
      expectEqual(try await once.map(0..<200).collect(), Array(0..<200))
      expect(driver.statistics.functions[0].containersStarted >= 20, "\(driver.statistics)")
      await driver.shutdown()
      while true {
        // Its own threads: the main one, the runtime's, and none of a container's in the end.
        if driver.statistics.functions[0].containers.isEmpty { break }
        nap(1)
      }
    },
  ])
