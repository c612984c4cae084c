// Promises about calls that end early: what runs is cancelled, nothing is left, and the next call works at once.

import Gantry
import Glibc

private let slow = Function("slow", options: .init(maxContainers: 2)) { (milliseconds: Int) in
  pauseThread(milliseconds)
  return milliseconds
}
private let square = Function("square", options: .init(maxContainers: 2)) { (x: Int) in x * x }
private let patient = Function("patient", options: .init(maxContainers: 2)) {
  (scratch: String, x: Int) async -> Int in
  _ = createFile("\(scratch)/begun.\(x)")
  await withTaskCancellationHandler {
    while !Task.isCancelled { try? await Task.sleep(nanoseconds: 50_000_000) }
  } onCancel: {
    _ = createFile("\(scratch)/cancelled.\(x)")
  }
  _ = createFile("\(scratch)/ended.\(x)")
  return Int(getpid())
}
private let noting = Function("noting", options: .init(maxContainers: 2)) { (scratch: String, x: Int) in
  _ = createFile("\(scratch)/ran.\(x)")
  pauseThread(2)
  return x
}
private let stubborn = Function("stubborn", options: .init(maxContainers: 2)) { (x: Int) async -> Int in
  if x == 0 { return Int(getpid()) }
  while true { try? await Task.sleep(nanoseconds: 1_000_000) }
}

private func count(_ scratch: String, _ prefix: String) -> Int {
  var found = 0
  while fileExists("\(scratch)/\(prefix).\(found)") { found += 1 }
  return found
}

private func expectCancellation(line: Int = #line, _ body: () async throws -> Void) async {
  do {
    try await body()
    fail("line \(line): a cancelled call threw nothing")
  } catch is CancellationError {
  } catch { fail("line \(line): a cancelled call threw \(error)") }
}

private func ended(_ driver: Driver, _ place: Int = 0) async {
  await eventually("no container is busy") {
    driver.statistics.functions[place].containers.allSatisfy { $0.state == .idle || $0.state == .starting }
  }
}

let cancellationScenarios = ScenarioGroup(
  name: "cancellation",
  scenarios: [
    Scenario(
      name: "a running asynchronous body sees its cancellation, and its container lives on",
      functions: [patient]
    ) {
      driver in
      for round in 0..<5 {
        let scratch = makeScratch()
        let call = Task { try await patient.starmap([(scratch, 0), (scratch, 1)]).collect() }
        await eventually("an input runs") {
          fileExists("\(scratch)/begun.0") || fileExists("\(scratch)/begun.1")
        }
        let died = driver.statistics.functions[0].containersDied
        call.cancel()
        await expectCancellation { _ = try await call.value }
        await eventually("the body was told") {
          (0..<2).allSatisfy { !fileExists("\(scratch)/begun.\($0)") || fileExists("\(scratch)/ended.\($0)") }
        }
        await ended(driver)
        expectEqual(
          driver.statistics.functions[0].containersDied, died, "containers that died in round \(round)")
        removeScratch(scratch)
      }
    },
    Scenario(
      name: "a body that ignores its cancellation is killed, and the next call works at once",
      functions: [slow, stubborn]
    ) {
      driver in
      for _ in 0..<3 {
        let sync = Task { try await slow.map([600_000, 600_000, 600_000]).collect() }
        let async = Task { try await stubborn.map([1, 1, 1]).collect() }
        await eventually("inputs run") {
          (0..<2).allSatisfy { driver.statistics.functions[$0].containers.contains { $0.state == .busy } }
        }
        try await Task.sleep(nanoseconds: 50_000_000)
        let pids = (0..<2).flatMap { driver.statistics.functions[$0].containers.map(\.pid) }
        sync.cancel()
        async.cancel()
        await expectCancellation { _ = try await sync.value }
        await expectCancellation { _ = try await async.value }
        expectEqual(try await slow.remote(1), 1)
        expect(try await stubborn.remote(0) > 0, "an answer")
        await eventually("the busy ones were killed") {
          let left = pids.filter { isAlive($0) }
          return left.count <= 2
        }
        await ended(driver, 0)
        await ended(driver, 1)
      }
    },
    Scenario(name: "leaving the loop over an infinite map leaves nothing running", functions: [square, slow])
    { driver in
      for stop in [0, 1, 10, 1000] {
        for ordered in [true, false] {
          var seen = 0
          for try await _ in square.map(0..<Int.max, orderOutputs: ordered) {
            if seen == stop { break }
            seen += 1
          }
          await ended(driver, 0)
          let taken = driver.statistics.functions[0].inputsTaken
          try await Task.sleep(nanoseconds: 20_000_000)
          expectEqual(
            driver.statistics.functions[0].inputsTaken, taken, "inputs taken after the loop was left")
          expectEqual(try await square.remote(5), 25)
        }
      }
      for try await _ in slow.map(sequence(first: 1) { _ in 1 }) { break }
      await ended(driver, 1)
    },
    Scenario(name: "inputs that were not started never start", functions: [noting]) { driver in
      let scratch = makeScratch()
      var seen = 0
      for try await _ in noting.starmap((0..<100_000).lazy.map { (scratch, $0) }) {
        seen += 1
        if seen == 20 { break }
      }
      await ended(driver)
      let ran = count(scratch, "ran")
      try await Task.sleep(nanoseconds: 100_000_000)
      expectEqual(count(scratch, "ran"), ran, "inputs that ran after the end")
      for index in 0..<200 { unlink("\(scratch)/ran.\(index)") }
      removeScratch(scratch)
    },
    Scenario(name: "cancelling the task makes every kind of call throw CancellationError", functions: [slow])
    { driver in
      let endless = sequence(first: 30) { _ in 30 }
      let calls: [@Sendable () async throws -> Void] = [
        { for try await _ in slow.map(sequence(first: 30) { _ in 30 }) {} },
        { for try await _ in slow.map(Array(repeating: 30, count: 10_000)) {} },
        { _ = try await slow.map(Array(repeating: 30, count: 10_000)).collect() },
        { _ = try await slow.map(Array(repeating: 30, count: 10_000), orderOutputs: false).collect() },
        { _ = try await slow.map(Array(repeating: 30, count: 10_000)).results.collect() },
        { for try await _ in slow.map(Array(repeating: 30, count: 10_000)).batches {} },
        { _ = try await slow.remote(100_000) },
        { try await slow.forEach(Array(repeating: 30, count: 10_000)) },
        { try await slow.forEach(Array(repeating: 30, count: 10_000), ignoreExceptions: true) },
      ]
      _ = endless
      for delay in [0, 1, 40] {
        for call in calls {
          let task = Task { try await call() }
          if delay > 0 { try await Task.sleep(nanoseconds: UInt64(delay) * 1_000_000) }
          task.cancel()
          await expectCancellation { try await task.value }
        }
      }
      expectEqual(try await slow.map([1, 2, 3]).collect(), [1, 2, 3])
      await ended(driver)
    },
    Scenario(name: "next throws in a task that is cancelled between two elements", functions: [square]) { _ in
      let task = Task {
        var iterator = square.map(0..<1_000_000).makeAsyncIterator()
        _ = try await iterator.next()
        withUnsafeCurrentTask { $0?.cancel() }
        do {
          _ = try await iterator.next()
          fail("next threw nothing")
        } catch is CancellationError {}
        // After its end it gives nil for ever.
        expectEqual(try await iterator.next(), nil)
        expectEqual(try await iterator.next(), nil)
      }
      try await task.value
      expectEqual(try await square.remote(4), 16)
    },
    Scenario(name: "cancelled maps leave descriptors and processes as they were", functions: [square, slow]) {
      driver in
      expectEqual(try await slow.map([1, 1, 1, 1, 1, 1]).collect().count, 6)
      _ = try await square.map(0..<1000).collect()
      await ended(driver, 0)
      await ended(driver, 1)
      let descriptors = numbers(in: "/proc/self/fd").count
      let processes = descendants().count
      for round in 0..<200 {
        let task = Task {
          if round % 2 == 0 {
            _ = try await square.map(0..<10_000_000).collect()
          } else {
            for try await _ in slow.map(sequence(first: 1) { _ in 1 }) {}
          }
        }
        try await Task.sleep(nanoseconds: UInt64(round % 7) * 1_000_000)
        task.cancel()
        await expectCancellation { try await task.value }
      }
      await ended(driver, 0)
      await ended(driver, 1)
      // Each pool may have grown to its two containers meanwhile: four descriptors for each.
      await eventually("the descriptors are as before") {
        numbers(in: "/proc/self/fd").count <= descriptors + 4 * 4
      }
      expect(descendants().count <= processes + 3, "\(descendants()) after \(processes)")
    },
    Scenario(name: "a dropped map whose results were never asked for runs nothing", functions: [noting]) {
      driver in
      let scratch = makeScratch()
      _ = noting.starmap([(scratch, 0)])
      do {
        let results = noting.starmap([(scratch, 0)])
        _ = results.makeAsyncIterator()
      }
      try await Task.sleep(nanoseconds: 50_000_000)
      expectEqual(count(scratch, "ran"), 0)
      expectEqual(driver.statistics.functions[0].inputsTaken, 0)
      removeScratch(scratch)
    },
    Scenario(name: "a shutdown waits for running calls and refuses new ones", functions: [slow]) { driver in
      async let running = slow.map(Array(repeating: 10, count: 50)).collect()
      await eventually("it runs") { driver.statistics.functions[0].completed > 0 }
      await driver.shutdown()
      expectEqual(try await running.count, 50)
      do {
        _ = try await slow.remote(1)
        fail("nothing was thrown")
      } catch let error as GantryError { expectEqual(error.code, .shutDown) }
      expectEqual(descendants().count, 0, "processes")
    },
  ])
