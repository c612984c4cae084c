// Promises about timeouts: one attempt's time is bounded, the input that took too long pays, and nobody else does.

import Gantry
import Glibc

/// Sleeps where it should: negative for ever, else so many milliseconds.
private func dawdle(_ milliseconds: Int) {
  if milliseconds >= 0 { return nap(milliseconds) }
  while true { nap(1000) }
}

private let limit = Duration.milliseconds(150)
private let picky = Function("picky", options: .init(timeout: limit)) { (x: Int) in
  if x % 2 == 1 { dawdle(-1) }
  return x * x
}
/// Hangs in its first attempts; the board counts the starts of each input.
private let improving = Function(
  "improving",
  options: .init(
    timeout: .milliseconds(60), retries: .init(maxRetries: 2, initialDelay: .milliseconds(40)))
) { (x: Int, hangs: Int) in
  if Board.add(x) <= hangs { dawdle(-1) }
  return x * x
}
private let queueing = Function(
  "queueing", options: .init(maxContainers: 1, timeout: .milliseconds(700), chunking: .fixed(40))
) { (x: Int) in
  nap(40)
  return x
}
private let stubborn = Function("stubborn", options: .init(timeout: limit)) { (way: Int) in
  signal(SIGTERM, SIG_IGN)
  switch way {
  case 0: while true { nap(1000) }
  case 1: while Board.value(0) >= 0 {}
  // Again and again: a stop takes effect a moment later, and may be taken back by whoever watches the program.
  case 2: while true { kill(getpid(), SIGSTOP) }
  default: break
  }
  return way
}
private let dreamy = Function("dreamy", options: .init(timeout: limit)) { (way: Int) async throws in
  switch way {
  case 0: while true { try? await Task.sleep(nanoseconds: 1_000_000) }
  case 1: while Board.value(0) >= 0 {}
  // Again and again: a stop takes effect a moment later, and may be taken back by whoever watches the program.
  case 2: while true { kill(getpid(), SIGSTOP) }
  default: break
  }
  return way
}
private let mates = Function(
  "mates", options: .init(maxContainers: 1, timeout: .milliseconds(100), chunking: .fixed(30))
) { (x: Int) in
  Board.add(x)
  if x % 10 == 3 { dawdle(-1) }
  return x
}
private let unlucky = Function(
  "unlucky",
  options: .init(
    timeout: .milliseconds(100), retries: .init(maxRetries: 1, initialDelay: .milliseconds(1)),
    crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)))
) { (plan: [Int]) in
  let start = Board.add(plan[0]) - 1
  switch plan[1 + start] {
  case 1: dawdle(-1)
  case 2: die(.killedByItself)
  default: break
  }
  return start
}
private let bulky = Function("bulky", options: .init(maxContainers: 1, timeout: .seconds(2))) {
  (size: Int) in [UInt8](repeating: 7, count: size)
}
private let close = Function("close", options: .init(timeout: .milliseconds(25), chunking: .fixed(5))) {
  (microseconds: Int) in
  var pause = timespec(tv_sec: 0, tv_nsec: microseconds * 1000)
  clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nil)
  return microseconds
}
private let brisk = Function("brisk", options: .init(timeout: .seconds(20))) { (x: Int) in x &* 3 }

private func expectTimeout<T>(
  _ result: Result<T, InputError>, _ limit: Duration, attempts: Int, index: Int, line: Int = #line
) {
  guard case .failure(let error) = result, case .timedOut(let after) = error.reason else {
    fail("line \(line): input \(index) is \(result) instead of timed out")
  }
  expectEqual(after, limit, "the limit", line: line)
  expectEqual(error.attempts, attempts, "the attempts of input \(index)", line: line)
  expectEqual(error.index, index, "the index", line: line)
  expect("\(error)".contains("\(limit)"), "the limit in \"\(error)\"", line: line)
}

let schedulingScenarios = ScenarioGroup(
  name: "scheduling",
  scenarios: [
    Scenario(name: "inputs that take too long fail and the others succeed", functions: [picky]) { _ in
      let results = try await picky.map(0..<12).results.collect()
      expectEqual(results.count, 12, "the results")
      for (index, result) in results.enumerated() {
        if index % 2 == 1 {
          expectTimeout(result, limit, attempts: 1, index: index)
        } else {
          guard case .success(index * index) = result else { fail("input \(index) is \(result)") }
        }
      }
    },
    Scenario(name: "a timeout is thrown in the plain view", functions: [picky]) { _ in
      let error = require(await thrown { _ = try await picky.map([2, 4, 5, 6]).collect() }, InputError.self)
      expectTimeout(Result<Int, InputError>.failure(error), limit, attempts: 1, index: 2)
      expectEqual(try await picky.remote(8), 64, "a call after it")
    },
    Scenario(name: "a timed-out input is tried again after its backoff", functions: [improving]) { _ in
      let start = ContinuousClock.now
      let results = try await improving.map([0, 1, 2, 3], [0, 1, 2, 9]).results.collect()
      for index in 0..<3 {
        guard case .success(index * index) = results[index] else {
          fail("input \(index) is \(results[index])")
        }
        expectEqual(Board.value(index), index + 1, "the starts of input \(index)")
      }
      expectTimeout(results[3], .milliseconds(60), attempts: 3, index: 3)
      expectEqual(Board.value(3), 3, "the starts of input 3")
      // Three attempts of 60 ms, and backoffs of 40 and 80.
      expect(ContinuousClock.now - start >= .milliseconds(300), "the backoff was waited for")
    },
    Scenario(name: "time in a queue does not count", functions: [queueing]) { _ in
      expectEqual(try await queueing.map(0..<40).collect(), Array(0..<40), "the outputs")
    },
    Scenario(
      name: "a body that ignores signals, spins, sleeps, or is stopped is ended",
      functions: [stubborn, dreamy]
    ) { _ in
      for function in [stubborn, dreamy] {
        let results = try await function.map(0..<4).results.collect()
        for way in 0..<3 { expectTimeout(results[way], limit, attempts: 1, index: way) }
        guard case .success(3) = results[3] else { fail("the last is \(results[3])") }
      }
    },
    Scenario(name: "who shared a lane with an overdue input runs once and is not charged", functions: [mates])
    {
      _ in
      let results = try await mates.map(0..<30).results.collect()
      for (index, result) in results.enumerated() {
        if index % 10 == 3 {
          expectTimeout(result, .milliseconds(100), attempts: 1, index: index)
        } else {
          guard case .success(index) = result else { fail("input \(index) is \(result)") }
        }
        expectEqual(Board.value(index), 1, "the starts of input \(index)")
      }
    },
    Scenario(name: "timeouts and crashes have budgets of their own", functions: [unlucky]) { _ in
      expectEqual(try await unlucky.remote([0, 1, 2, 0]), 2, "a timeout, a crash, an output")
      expectEqual(try await unlucky.remote([1, 2, 1, 0]), 2, "a crash, a timeout, an output")
      let twice = require(await thrown { _ = try await unlucky.remote([2, 1, 2, 1]) }, InputError.self)
      expectTimeout(Result<Int, InputError>.failure(twice), .milliseconds(100), attempts: 3, index: 0)
      let crashes = require(await thrown { _ = try await unlucky.remote([3, 2, 1, 2]) }, InputError.self)
      guard case .crashed = crashes.reason else { fail("\(crashes) is no crash") }
      expectEqual(crashes.attempts, 3, "the attempts")
    },
    Scenario(name: "the way of a large output is not the function's time", functions: [bulky]) { _ in
      for try await bytes in bulky.map([20 << 20, 1, 20 << 20]) {
        expect(bytes.allSatisfy { $0 == 7 }, "the bytes")
        nap(2100)
      }
    },
    Scenario(name: "inputs that end at their timeout are delivered once, either way", functions: [close]) {
      _ in
      // Every other one ends at once: it may be the one that runs when the kill arrives, and must not pay.
      let inputs = (0..<400).map { $0 % 2 == 1 ? 0 : 24_500 + $0 % 20 * 50 }
      var seen = [Int](repeating: 0, count: inputs.count)
      for try await (index, result) in close.map(inputs, orderOutputs: false).results.indexed {
        seen[index] += 1
        switch result {
        case .success(let value): expectEqual(value, inputs[index], "output \(index)")
        case .failure:
          expectTimeout(result, .milliseconds(25), attempts: 1, index: index)
          expect(inputs[index] > 0, "input \(index) ended at once and is \(result)")
        }
      }
      expect(seen.allSatisfy { $0 == 1 }, "each is delivered once: \(seen)")
    },
    Scenario(name: "a timeout nobody reaches changes nothing", functions: [brisk]) { _ in
      expectEqual(try await brisk.map(0..<200_000).collect(), (0..<200_000).map { $0 &* 3 }, "the outputs")
    },
  ])
