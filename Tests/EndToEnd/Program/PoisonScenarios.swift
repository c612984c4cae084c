// Promises about inputs that never do well: each meets its own budget and slows nobody else.

import Gantry
import Glibc

private let backoff = Retries(maxRetries: 2, backoffCoefficient: 1, initialDelay: .milliseconds(300))
private let poisoned = Function(
  "poisoned", options: .init(maxContainers: 2, crashRetries: backoff, chunking: .fixed(5))
) { (x: Int) -> Int in
  if x < 0 { die(Death.allCases[-x % Death.allCases.count]) }
  usleep(500)
  return x * x
}
private let quick = Function(
  "quick",
  options: .init(maxContainers: 2, crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(1)))
) { (x: Int) -> Int in
  if x < 0 { die(.killedByItself) }
  return x * x
}
private let crowded = Function(
  "crowded",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(1)), inputConcurrency: 4)
) { (x: Int) async -> Int in
  if x < 0 { die(.killedByItself) }
  if x % 3 == 0 { await Task.yield() }
  return x * x
}

/// What became of 3 + 0 inputs: every poisonous one its budget, every other its square.
private func check(_ results: [Result<Int, InputError>], _ inputs: [Int], attempts: Int) {
  expectEqual(results.count, inputs.count)
  for (index, result) in results.enumerated() {
    if inputs[index] >= 0 {
      guard case .success(inputs[index] * inputs[index]) = result else { fail("input \(index) is \(result)") }
    } else {
      guard case .failure(let error) = result, case .crashed = error.reason else {
        fail("input \(index) is \(result)")
      }
      expectEqual(error.attempts, attempts, "the attempts of input \(index)")
    }
  }
}

private func milliseconds(_ body: () async throws -> Void) async rethrows -> Int {
  let clock = ContinuousClock()
  let start = clock.now
  try await body()
  let (seconds, attoseconds) = (clock.now - start).components
  return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
}

let poisonScenarios = ScenarioGroup(
  name: "poison",
  scenarios: [
    Scenario(name: "an input that always crashes meets its budget and delays no other", functions: [poisoned])
    { driver in
      var inputs = Array(0..<300)
      let sound = try await milliseconds { _ = try await poisoned.map(inputs).collect() }
      inputs[20] = -2
      var order: [Int] = []
      let before = driver.statistics.functions[0]
      let mixed = try await milliseconds {
        for try await (index, result) in poisoned.map(inputs, orderOutputs: false).results.indexed {
          order.append(index)
          if index == 20 {
            _ = expectCrash(result, Death.outOfRange.status, attempts: 3, index: 20)
          } else {
            guard case .success(index * index) = result else { fail("\(index): \(result)") }
          }
        }
      }
      expectEqual(order.sorted(), Array(0..<300))
      // Its retries wait 600 ms in all, which is longer than the others take.
      expectEqual(order.last, 20, "the last to end")
      let after = driver.statistics.functions[0]
      expectEqual(after.containersDied - before.containersDied, 3, "the containers that it cost")
      expect(
        after.containersStarted - before.containersStarted <= 3 + 2, "\(after.containersStarted) were started"
      )
      print("300 sound inputs: \(sound) ms; with one poisonous among them: \(mixed) ms")
    },
    Scenario(name: "many poisonous inputs at once meet their budgets", functions: [quick, crowded]) {
      driver in
      let inputs = (0..<500).map { $0 % 5 == 2 ? -2 : $0 }
      check(try await quick.map(inputs).results.collect(), inputs, attempts: 3)
      expectEqual(driver.statistics.functions[0].containersDied, 300, "a container for each attempt")
      check(
        try await crowded.map(inputs.prefix(100)).results.collect(), Array(inputs.prefix(100)), attempts: 3)
    },
    Scenario(name: "poison in each of several maps costs each its own", functions: [quick, crowded]) {
      driver in
      for function in [quick, crowded] {
        let inputs = (0..<120).map { $0 % 40 == 7 ? -2 : $0 }
        try await withThrowingTaskGroup(of: [Result<Int, InputError>].self) { group in
          for _ in 0..<6 { group.addTask { try await function.map(inputs).results.collect() } }
          for try await results in group { check(results, inputs, attempts: 3) }
        }
        expectEqual(try await function.map(0..<50).collect(), (0..<50).map { $0 * $0 })
      }
      expectEqual(driver.statistics.functions[0].containersDied, 6 * 3 * 3, "a container for each attempt")
    },
    Scenario(name: "single calls pass by a poisonous map", functions: [quick]) { _ in
      async let poison = quick.map(Array(repeating: -2, count: 30)).results.collect()
      for x in 0..<100 { expectEqual(try await quick.remote(x), x * x) }
      check(try await poison, Array(repeating: -2, count: 30), attempts: 3)
    },
  ] + overdueScenarios + crashLoopScenarios)
