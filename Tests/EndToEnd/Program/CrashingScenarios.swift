// Promises about crashes in number and in odd places: from outside, at the start, in compressed chunks, in narrow windows.

import Gantry
import Glibc

private let strict = Function("strict", options: .init(crashRetries: .none)) { (x: Int) in squareOrDie(x) }
private let patient = Function(
  "patient", options: .init(crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(5)))
) { (x: Int) in squareOrDie(x) }
private let pair = Function("pair", options: .init(maxContainers: 2, crashRetries: .none)) { (x: Int) in
  if x < 0 { die(.killedByItself) }
  return x * x
}
private let recovering = Function(
  "recovering", options: .init(crashRetries: .init(maxRetries: 3, initialDelay: .milliseconds(2)))
) { (scratch: String, x: Int, deaths: Int) in
  for attempt in 0..<deaths where createFile("\(scratch)/\(x).\(attempt)") { die(.killedByItself) }
  return x * x
}
private let cramped = Function("cramped", options: .init(memoryLimit: 4096)) { (x: Int) async in x }
private let slow = Function("slow", options: .init(maxContainers: 2, crashRetries: .none)) {
  (milliseconds: Int) in
  pauseThread(milliseconds)
  return Int(getpid())
}
private let packedTight = Function(
  "packedTight",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)),
    chunking: .fixed(30),
    compression: .lz4)
) { (text: String) -> Int in
  if text.hasSuffix("bad") { die(.killedByItself) }
  return text.utf8.count
}
private let packedNumbers = Function(
  "packedNumbers",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)),
    chunking: .fixed(600),
    compression: .lz4)
) { (x: Int) -> Int in
  if x % 1000 == 999 { die(.killedByItself) }
  return x + 1
}
private let voiceless = Function("voiceless", options: .init(maxContainers: 2, crashRetries: .none)) {
  (x: Int) in
  if x % 10 == 9 { die(.killedByItself) }
}
private let wordy = Function("wordy", options: .init(crashRetries: .none)) { (lines: Int) in
  let line = Array((String(repeating: "w", count: 99) + "\n").utf8)
  for _ in 0..<lines { _ = write(2, line, line.count) }
  fatalError("after \(lines) lines")
}
private let belated = Function(
  "belated",
  options: .init(crashRetries: .init(maxRetries: 5, initialDelay: .seconds(3600), maxDelay: .seconds(3600)))
) { (x: Int) in
  if x < 0 { die(.killedByItself) }
  return x
}
private let crampedMinimum = Function("crampedMinimum", options: .init(minContainers: 2, memoryLimit: 4096)) {
  (x: Int) async in x
}
private let square = Function("square") { (x: Int) in x * x }

let crashingScenarios = ScenarioGroup(
  name: "crashing",
  scenarios: [
    Scenario(name: "a container killed from outside while it runs costs one input", functions: [slow]) {
      driver in
      async let results = slow.map(Array(repeating: 20, count: 60)).results.collect()
      var victim: Int32 = 0
      await eventually("a container is busy") {
        victim =
          driver.statistics.functions[0].containers.first { $0.state == .busy && $0.outputs > 0 }?.pid ?? 0
        return victim > 0
      }
      kill(victim, SIGKILL)
      let failures = try await results.enumerated().filter { _, result in
        if case .failure = result { return true } else { return false }
      }
      expect(failures.count <= 1, "\(failures.count) inputs failed for one kill")
      for (index, result) in failures {
        let exit = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
        expectEqual(exit?.pid, victim, "the container that was killed")
      }
    },
    Scenario(name: "an idle container killed from outside is replaced by the next call", functions: [slow]) {
      driver in
      for _ in 0..<10 {
        let pid = try await slow.remote(0)
        kill(Int32(pid), SIGKILL)
        expect(try await slow.remote(0) != pid, "another container answers")
      }
      for _ in 0..<5 {
        _ = try await slow.map([5, 5, 5, 5]).collect()
        for container in driver.statistics.functions[0].containers { kill(container.pid, SIGKILL) }
        await eventually("all are gone") { driver.statistics.functions[0].containers.isEmpty }
      }
      expectEqual(try await slow.map([0, 0, 0]).collect().count, 3)
    },
    Scenario(name: "one crash in a hundred of 20,000 inputs loses nothing else", functions: [pair]) {
      driver in
      let inputs = (0..<20_000).map { $0 % 100 == 50 ? -1 : $0 }
      let results = try await pair.map(inputs).results.collect()
      expectEqual(results.count, 20_000)
      for (index, result) in results.enumerated() {
        if index % 100 == 50 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
        } else {
          guard case .success(index * index) = result else { fail("input \(index) is \(result)") }
        }
      }
      expectEqual(driver.statistics.functions[0].failed, 200)
      expectEqual(driver.statistics.functions[0].completed, 19_800)
    },
    Scenario(name: "a map whose every input crashes reports every one of them", functions: [pair, patient]) {
      _ in
      let results = try await pair.map(Array(repeating: -1, count: 150)).results.collect()
      expectEqual(results.count, 150)
      for (index, result) in results.enumerated() {
        _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
      }
      let again = try await patient.map(Array(repeating: 3000, count: 10)).results.collect()
      for (index, result) in again.enumerated() {
        _ = expectCrash(result, Death.outOfRange.status, attempts: 3, index: index)
      }
    },
    Scenario(name: "a poisonous input delays no other while it is tried again", functions: [recovering]) {
      _ in
      let scratch = makeScratch()
      let inputs = (0..<60).map { (scratch, $0, $0 == 5 ? 3 : 0) }
      var order: [Int] = []
      for try await (index, output) in recovering.starmap(inputs, orderOutputs: false).indexed {
        expectEqual(output, index * index)
        order.append(index)
      }
      removeScratch(scratch)
      expectEqual(order.sorted(), Array(0..<60))
    },
    Scenario(
      name: "containers that cannot start end their calls with the reason", functions: [cramped, square]
    ) { _ in
      do {
        _ = try await cramped.map(0..<10).collect()
        fail("nothing was thrown")
      } catch let error as GantryError {
        expectEqual(error.code, .containerStartFailed)
      }
      do {
        _ = try await cramped.remote(1)
        fail("nothing was thrown")
      } catch let error as GantryError {
        expectEqual(error.code, .containerStartFailed)
      }
      expectEqual(try await square.remote(7), 49)
    },
    Scenario(name: "crashes of one map leave another map of the function alone", functions: [pair]) { _ in
      async let crashing = pair.map(Array(repeating: -1, count: 40)).results.collect()
      async let sound = pair.map(0..<5000).collect()
      expectEqual(try await sound, (0..<5000).map { $0 * $0 })
      expectEqual(try await crashing.count, 40)
    },
    Scenario(name: "inputs of compressed chunks crash alone too", functions: [packedTight, packedNumbers]) {
      _ in
      let inputs = (0..<200).map {
        String(repeating: "compressible ", count: 40) + ($0 % 40 == 20 ? "bad" : "\($0)")
      }
      for (index, result) in try await packedTight.map(inputs).results.collect().enumerated() {
        if index % 40 == 20 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 2, index: index)
        } else {
          guard case .success(inputs[index].utf8.count) = result else { fail("\(index): \(result)") }
        }
      }
      for (index, result) in try await packedNumbers.map(0..<3000).results.collect().enumerated() {
        if index % 1000 == 999 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 2, index: index)
        } else {
          guard case .success(index + 1) = result else { fail("\(index): \(result)") }
        }
      }
    },
    Scenario(name: "inputs without outputs crash alone too", functions: [voiceless]) { _ in
      let results = try await voiceless.map(0..<100).results.collect()
      expectEqual(results.count, 100)
      for (index, result) in results.enumerated() {
        if case .success = result {
          expect(index % 10 != 9, "input \(index) crashed")
        } else {
          expect(index % 10 == 9, "\(index)")
        }
      }
    },
    Scenario(
      name: "any number of crashes passes through a narrow window", functions: [strict, pair, voiceless]
    ) { _ in
      let inputs = (0..<300).map { $0 % 3 == 1 ? 1000 : $0 }
      var count = 0
      for try await result in strict.map(inputs, maxOutstandingInputs: 4).results {
        if case .failure = result { expect(count % 3 == 1, "\(count)") }
        count += 1
      }
      expectEqual(count, 300)
      try await pair.forEach(Array(repeating: -1, count: 400), ignoreExceptions: true)
      try await voiceless.forEach(Array(repeating: 9, count: 400), ignoreExceptions: true)
    },
    Scenario(name: "an error text of any length is read, and its end is kept", functions: [wordy]) { _ in
      for lines in [0, 10, 1000, 30_000] {
        let results = try await wordy.map([lines]).results.collect()
        guard let exit = expectCrash(results[0], Death.fatalError.status, attempts: 1, index: 0) else {
          return
        }
        expect(exit.stderrTail.utf8.count <= 4096, "\(exit.stderrTail.utf8.count) bytes")
        expect(exit.stderrTail.contains("after \(lines) lines"), exit.stderrTail)
      }
    },
    Scenario(
      name: "an input that waits for another try holds up neither a cancellation nor others",
      functions: [belated]
    ) {
      driver in
      let call = Task { try await belated.map([1, -1, 2]).collect() }
      await eventually("it waits for its second try") { driver.statistics.functions[0].retried == 1 }
      expectEqual(try await belated.map(0..<100).collect(), Array(0..<100))
      call.cancel()
      do {
        _ = try await call.value
        fail("nothing was thrown")
      } catch is CancellationError {}
      expectEqual(try await belated.remote(5), 5)
    },
    Scenario(
      name: "containers kept ready that cannot start are not started for ever", functions: [crampedMinimum]
    ) {
      driver in
      do {
        _ = try await crampedMinimum.remote(1)
        fail("nothing was thrown")
      } catch let error as GantryError { expectEqual(error.code, .containerStartFailed) }
      let before = driver.statistics.functions[0].containersStarted
      try await Task.sleep(nanoseconds: 1_000_000_000)
      let after = driver.statistics.functions[0].containersStarted
      expect(after - before <= 100, "\(after - before) containers were started in a second")
    },
  ])
