// Promises about calls that go on while nobody waits: spawn, spawnMap, and functions with other options.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let add = Function("add") { (a: Int, b: Int) in a + b }
private let text = Function("text") { (x: Int) in "\(x)" }
private let picky = Function("picky") { (x: Int) -> Int in
  if x % 3 == 0 { throw Hiccup(at: x) }
  return x
}
private let gated = Function("gated", options: .init(maxContainers: 1)) { (x: Int) in
  Board.add(1)
  Board.await(0, atLeast: x)
  return x
}
private let sleepy = Function("sleepy", options: .init(maxContainers: 2)) { (x: Int) async throws -> Int in
  try await rest(x)
  return x
}
private let crasher = Function("crasher", options: .init(crashRetries: .none)) { (x: Int) -> Int in
  if x == 1 { kill(getpid(), SIGKILL) }
  return x
}
private let whoAmI = Function("whoAmI", options: .init(maxContainers: 1)) { (_: Int) in getpid() }

let spawnScenarios = ScenarioGroup(
  name: "spawn",
  scenarios: [
    Scenario(name: "a spawned call gives its output as often as it is asked", functions: [square, text]) {
      _ in
      let call = try await square.spawn(12)
      expectEqual(try await call.get(), 144)
      expectEqual(try await call.get(timeout: .seconds(60)), 144)
      expectEqual(try await call.results().collect(), [144])
      expectEqual(try await text.spawn(7).get(), "7")
    },
    Scenario(name: "calls are gathered in the order they are given in", functions: [square, add, sleepy]) {
      _ in
      expectEqual(
        try await gather(sleepy.spawn(60), sleepy.spawn(1), square.spawn(3), add.spawn(2, 5)), [60, 1, 9, 7])
      var calls: [FunctionCall<Int>] = []
      for i in 0..<200 { calls.append(try await square.spawn(i)) }
      expectEqual(try await gather(calls), (0..<200).map { $0 * $0 })
      expectEqual(try await gather([FunctionCall<Int>]()), [])
    },
    Scenario(
      name: "gather throws the first failure to come and leaves the others alone", functions: [picky, sleepy]
    ) { _ in
      let slow = try await sleepy.spawn(100)
      let failing = try await picky.spawn(3)
      let error = require(await thrown { _ = try await gather(slow, failing) }, InputError.self)
      expectEqual(error.function, "picky")
      expectEqual(try await slow.get(), 100)
    },
    Scenario(name: "spawn-map returns at once, and its results can be had later", functions: [gated, square])
    { _ in
      let call = try await gated.spawnMap([3, 1, 2])
      expect(call.status.running + call.status.completed <= 3, "\(call.status)")
      expectEqual(call.status.total, 3)
      Board.set(0, 3)
      try await call.wait()
      expectEqual(call.status, status(total: 3, completed: 3))
      expectEqual(try await call.results().collect(), [3, 1, 2])
    },
    Scenario(name: "spawned results are read while they come", functions: [gated]) { _ in
      let call = try await gated.spawnMap([0, 0, 5])
      var iterator = call.results().makeAsyncIterator()
      expectEqual(try await iterator.next(), 0)
      expectEqual(try await iterator.next(), 0)
      Board.set(0, 5)
      expectEqual(try await iterator.next(), 5)
      expectEqual(try await iterator.next(), nil)
    },
    Scenario(name: "spawn-map takes several sequences, and asynchronous ones", functions: [add, square]) {
      _ in
      expectEqual(try await add.spawnMap([1, 2], [10, 20, 30]).results().collect(), [11, 22])
      expectEqual(try await square.spawnMap(Stream(count: 4)).results().collect(), [0, 1, 4, 9])
      expectEqual(try await add.spawnMap(Stream(count: 3), Stream(count: 4)).results().collect(), [0, 2, 4])
      expectEqual(try await square.spawnMap([Int]()).results().collect(), [])
    },
    Scenario(name: "waiting throws nothing for failed inputs, and needs no consumer", functions: [picky]) {
      _ in
      let call = try await picky.spawnMap(0..<1000)
      try await call.wait()
      expectEqual(call.status, status(total: 1000, completed: 666, failed: 334))
      var failed = 0
      for try await result in call.results().results { if case .failure = result { failed += 1 } }
      expectEqual(failed, 334)
    },
    Scenario(name: "the plain view of spawned results throws the first failure in order", functions: [picky])
    { _ in
      let call = try await picky.spawnMap([1, 2, 3, 4])
      var outputs: [Int] = []
      let error = require(
        await thrown { for try await x in call.results() { outputs.append(x) } }, InputError.self)
      expectEqual(outputs, [1, 2])
      expectEqual(error.index, 2)
    },
    Scenario(name: "what a sequence throws reaches wait and the results", functions: [square]) { _ in
      let call = try await square.spawnMap(Stream(throwsAt: 3))
      expectEqual(require(await thrown { try await call.wait() }, Hiccup.self), Hiccup(at: 3))
      var outputs: [Int] = []
      _ = require(await thrown { for try await y in call.results() { outputs.append(y) } }, Hiccup.self)
      expectEqual(outputs, [0, 1, 4])
    },
    Scenario(name: "outputs nobody can ask for are dropped, and the work goes on", functions: [text]) {
      driver in
      do { try await text.spawnMap(0..<100_000) }
      while driver.statistics.functions[0].completed < 100_000 { try await rest(5) }
      expectEqual(try await text.remote(1), "1")
    },
    Scenario(name: "dropping a call does not cancel it; shutdown waits for it", functions: [gated]) {
      driver in
      try await gated.spawnMap([1, 1, 1])
      Board.await(1, atLeast: 1)
      Board.set(0, 1)
      await driver.shutdown()
      expectEqual(Board.value(1), 3, "inputs run")
    },
    Scenario(
      name: "cancelling ends what runs and what waits, and keeps what has arrived", functions: [sleepy]
    ) { _ in
      let call = try await sleepy.spawnMap([1, 1, 3_600_000, 3_600_000, 3_600_000])
      while call.status.completed < 2 { try await rest(1) }
      call.cancel()
      call.cancel()
      try await call.wait()
      expectEqual(call.status, status(total: 5, completed: 2, cancelled: 3))
      var delivered: [Int] = []
      var cancelled: [Int] = []
      _ = await thrown {
        for try await result in call.results().results {
          switch result {
          case .success(let x): delivered.append(x)
          case .failure(let error):
            guard case .cancelled = error.reason else { fail("\(error)") }
            cancelled.append(error.index)
          }
        }
      }
      expectEqual(delivered, [1, 1])
      expectEqual(cancelled, [2, 3, 4])
      expectEqual(try await sleepy.remote(1), 1)
    },
    Scenario(
      name: "a cancelled single call fails as cancelled; a finished one does not mind", functions: [sleepy]
    ) { _ in
      let running = try await sleepy.spawn(3_600_000)
      running.cancel()
      let error = require(await thrown { _ = try await running.get() }, InputError.self)
      guard case .cancelled = error.reason else { fail("\(error)") }
      let finished = try await sleepy.spawn(1)
      expectEqual(try await finished.get(), 1)
      finished.cancel()
      expectEqual(try await finished.get(), 1)
      expectEqual(finished.status, status(total: 1, completed: 1))
    },
    Scenario(
      name: "waiting for an output ends by its timeout and by its task, not the call", functions: [gated]
    ) { _ in
      let call = try await gated.spawn(1)
      let late = require(
        await thrown { _ = try await call.get(timeout: .milliseconds(20)) }, GantryError.self)
      expectEqual(late.code, .timedOut)
      let task = Task { try await call.get() }
      task.cancel()
      _ = require(await thrown { _ = try await task.value }, CancellationError.self)
      Board.set(0, 1)
      expectEqual(try await call.get(), 1)
    },
    Scenario(name: "asking a spawned map for its one output is refused by name", functions: [square]) { _ in
      let call = try await square.spawnMap([1, 2])
      let error = require(await thrown { _ = try await call.get() }, GantryError.self)
      expectEqual(error.code, .severalOutputs)
      expect(error.message.contains("results()"), error.message)
    },
    Scenario(name: "a crash costs a spawned call its own input", functions: [crasher]) { _ in
      let error = require(await thrown { _ = try await crasher.spawn(1).get() }, InputError.self)
      guard case .crashed = error.reason else { fail("\(error)") }
      let call = try await crasher.spawnMap(0..<100)
      try await call.wait()
      expectEqual(call.status, status(total: 100, completed: 99, failed: 1))
    },
    Scenario(name: "every call has an identity of its own", functions: [square]) { _ in
      var names: Set<String> = []
      for i in 0..<100 { names.insert(try await square.spawn(i).id) }
      expectEqual(names.count, 100)
    },
    Scenario(name: "a function that no driver runs cannot be spawned", functions: [square]) { _ in
      let error = require(await thrown { _ = try await stranger.spawn(1) }, GantryError.self)
      expectEqual(error.code, .notStarted)
    },
    Scenario(
      name: "a function with other options has containers of its own, which end with it", functions: [whoAmI]
    ) { driver in
      let own = try await whoAmI.remote(0)
      do {
        let other = whoAmI.with(.init(maxContainers: 1))
        let pid = try await other.remote(0)
        expect(pid != own, "the container is shared")
        expectEqual(try await other.remote(0), pid)
        expectEqual(try await whoAmI.with(.init(maxContainers: 2)).map(0..<10).collect().count, 10)
      }
      while driver.statistics.functions.count > 1 { try await rest(5) }
      expectEqual(try await whoAmI.remote(0), own)
    },
    Scenario(name: "hundreds of functions with other options leave nothing behind", functions: [square]) {
      driver in
      for i in 0..<200 {
        expectEqual(try await square.with(.init(maxContainers: 1)).map([i]).collect(), [i * i])
      }
      while driver.statistics.functions.count > 1 { try await rest(5) }
    },
  ])

private let stranger = Function("stranger") { (x: Int) in x }

private func status(total: Int?, completed: Int, failed: Int = 0, cancelled: Int = 0) -> Status {
  Status(total: total, completed: completed, failed: failed, cancelled: cancelled)
}

/// What is expected of a call that has ended.
private struct Status {
  var total: Int?
  var completed: Int
  var failed: Int
  var cancelled: Int
}

private func expectEqual(_ status: CallStatus, _ expected: Status, line: Int = #line) {
  expectEqual(status.total, expected.total, "total", line: line)
  expectEqual(status.completed, expected.completed, "completed", line: line)
  expectEqual(status.failed, expected.failed, "failed", line: line)
  expectEqual(status.cancelled, expected.cancelled, "cancelled", line: line)
  expectEqual(status.running, 0, "running", line: line)
}
