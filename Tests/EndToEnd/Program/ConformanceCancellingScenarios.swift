// Promises about tries, limits of time, and ends before the end that any pool is asked to keep.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Glibc

private let alwaysFails = Function(
  "alwaysFails", options: .init(retries: .init(maxRetries: 3, initialDelay: .milliseconds(1)))
) { (x: Int) -> Int in throw PlainError("try \(Board.add(0)) of \(x)") }
private let third = Function(
  "third", options: .init(retries: .init(maxRetries: 3, initialDelay: .milliseconds(1)))
) { (slot: Int) -> Int in
  let start = Board.add(slot)
  if start < 3 { throw PlainError("try \(start)") }
  return start
}
private let hourly = Function(
  "hourly",
  options: .init(
    maxContainers: 2, retries: .init(maxRetries: 3, initialDelay: .seconds(3600), maxDelay: .seconds(3600)))
) { (x: Int) -> Int in
  Board.add(5)
  if x < 0 { throw PlainError("not now") }
  return x
}
private let interrupted = Function(
  "interrupted", options: .init(maxContainers: 1, retries: .init(maxRetries: 3, initialDelay: .zero))
) { (milliseconds: Int) async throws -> Int in
  Board.add(6)
  try await rest(milliseconds)
  return Int(getpid())
}
private let limited = Function("limited", options: .init(timeout: .milliseconds(200))) { (forEver: Int) in
  while forEver % 2 == 1 { nap(1000) }
  return forEver
}
private let square = Function("square") { (x: Int) in x * x }
private let byThree = Function("byThree", options: .init(maxContainers: 2, chunking: .fixed(3))) { (x: Int) in
  Board.add(7)
  return x
}
private let endless = Function("endless", options: .init(maxContainers: 2)) { (x: Int) -> Int in
  if x < 3 { return x }
  Board.add(8)
  while true { nap(1000) }
}
private let deaf = Function("deaf", options: .init(maxContainers: 2)) { (way: Int) -> Int in
  Board.set(10 + way, Int(getpid()))
  if way < 2 {
    var all = sigset_t()
    sigfillset(&all)
    sigprocmask(SIG_BLOCK, &all, nil)
    for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }
    if way == 1 { while Board.value(9) == 0 {} }
    while Board.value(9) == 0 { nap(10) }
  }
  return way
}
private let reluctant = Function(
  "reluctant", options: .init(maxContainers: 2), enter: { 1 },
  exit: { (_: Int) in
    signal(SIGTERM, SIG_IGN)
    while true { try? await Task.sleep(nanoseconds: 1_000_000) }
  }
) { (state: Int, x: Int) in state + x }

/// Gives one number and then blocks until the board says otherwise.
private struct Blocked: Sequence, IteratorProtocol, Sendable {
  var given = false
  mutating func next() -> Int? {
    if given { Board.await(20, atLeast: 1) }
    defer { given = true }
    return given ? nil : 1
  }
}

let conformanceCancellingScenarios = ScenarioGroup(
  name: "conformance-cancelling",
  scenarios: [
    Scenario(
      name: "three retries of what always fails are four calls, and the last error is thrown",
      functions: [alwaysFails]
    ) { _ in
      let single = thrownByFunction(await thrown { _ = try await alwaysFails.remote(999) })
      expectEqual(single.message, "try 4 of 999")
      Board.set(0, 0)
      let error = require(await thrown { _ = try await alwaysFails.map([999]).collect() }, InputError.self)
      expectEqual(thrownByFunction(error).message, "try 4 of 999")
      expectEqual([error.attempts, Board.value(0)], [4, 4])
    },
    Scenario(
      name: "two failures before a success are two retries, and a first success is none", functions: [third]
    ) { driver in
      expectEqual(try await third.remote(1), 3)
      expectEqual(driver.statistics.functions[0].retried, 2)
      Board.set(2, 2)
      expectEqual(try await third.map([2]).collect(), [3])
      expectEqual(driver.statistics.functions[0].retried, 2)
    },
    Scenario(
      name: "a cancelled input is never tried again, whether it runs or waits for its next try",
      functions: [hourly, interrupted]
    ) { driver in
      let waiting = try await hourly.spawn(-1)
      await eventually("it failed once") { driver.statistics.functions[0].retried == 1 }
      waiting.cancel()
      var error = require(await thrown { _ = try await waiting.get() }, InputError.self)
      guard case .cancelled = error.reason else { fail("\(error)") }
      let running = try await interrupted.spawn(3_600_000)
      await eventually("it runs") { Board.value(6) == 1 }
      running.cancel()
      error = require(await thrown { _ = try await running.get() }, InputError.self)
      guard case .cancelled = error.reason else { fail("\(error)") }
      _ = try await interrupted.remote(1)
      expectEqual(try await hourly.remote(4), 4)
      try await rest(50)
      expectEqual([Board.value(5), Board.value(6)], [2, 2], "starts")
    },
    Scenario(name: "outputs that come before their sending has ended are counted once", functions: [square]) {
      _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<4 {
          group.addTask {
            for x in 0..<400 {
              if task % 2 == 0 {
                expectEqual(try await square.map([x]).collect(), [x * x])
              } else {
                expectEqual(try await square.map(unknown([x, 1])).collect(), [x * x, 1])
              }
            }
          }
        }
        try await group.waitForAll()
      }
    },
    Scenario(
      name: "a limit of time that the third input passes gives two outputs, the error, and the end",
      functions: [limited]
    ) { _ in
      var iterator = limited.map([0, 2, 1]).makeAsyncIterator()
      expectEqual(try await iterator.next(), 0)
      expectEqual(try await iterator.next(), 2)
      let error = require(await thrown { _ = try await iterator.next() }, InputError.self)
      guard case .timedOut(.milliseconds(200)) = error.reason else { fail("\(error)") }
      expectEqual(error.index, 2)
      for _ in 0..<2 { expectEqual(try await iterator.next(), nil) }
    },
    Scenario(
      name: "of six spawned calls the three that take too long time out, and the pool lives",
      functions: [limited]
    ) { _ in
      var calls: [FunctionCall<Int>] = []
      for x in 0..<6 { calls.append(try await limited.spawn(x)) }
      for (x, call) in calls.enumerated() {
        if x % 2 == 0 {
          expectEqual(try await call.get(), x)
        } else {
          let error = require(await thrown { _ = try await call.get() }, InputError.self)
          guard case .timedOut = error.reason else { fail("\(error)") }
        }
      }
      expectEqual(try await limited.map([0, 2, 4]).collect(), [0, 2, 4])
    },
    Scenario(
      name: "an iterator that is dropped after its first element ends the work, in chunks of three too",
      functions: [byThree]
    ) { driver in
      for ordered in [true, false] {
        do {
          var iterator = byThree.map(0..<1_000_000, orderOutputs: ordered).makeAsyncIterator()
          _ = try await iterator.next()
        }
        await eventually("nothing runs") {
          driver.statistics.functions[0].containers.allSatisfy { $0.state != .busy }
        }
        let ran = Board.value(7)
        try await rest(50)
        expectEqual(Board.value(7), ran, "inputs that ran")
        expect(ran < 1_000_000, "all inputs ran")
        expectEqual(try await byThree.map(0..<7).collect(), Array(0..<7))
      }
    },
    Scenario(
      name:
        "ten thousand inputs that never end are cancelled, and a shutdown returns; reading on is an error",
      functions: [endless]
    ) { driver in
      var lazily = endless.map(0..<10_000, orderOutputs: false).makeAsyncIterator()
      expect(try await lazily.next() ?? 9 < 3, "a first output")
      let call = try await endless.spawnMap(3..<10_003)
      let map = Task { try await endless.map(3..<10_003).collect() }
      await eventually("as many run as may") { Board.value(8) >= 2 }
      call.cancel()
      map.cancel()
      _ = require(await thrown { _ = try await map.value }, CancellationError.self)
      try await call.wait()
      expectEqual(call.status.cancelled, 10_000)
      let reading = Task { [lazily = UncheckedSendableBox(lazily)] in
        var lazily = lazily.value
        while try await lazily.next() != nil {}
      }
      try await rest(20)
      reading.cancel()
      _ = require(await thrown { try await reading.value }, CancellationError.self)
      await driver.shutdown()
      expectEqual(descendants().count, 0, "processes")
      _ = require(await thrown { _ = try await endless.map([1]).collect() }, GantryError.self)
    },
    Scenario(
      name: "a hundred queued calls are cancelled; outputs that had arrived stay, the rest is an error",
      functions: [endless]
    ) { driver in
      var calls: [FunctionCall<Int>] = []
      for x in 0..<100 { calls.append(try await endless.spawn(x)) }
      for x in 0..<3 { try await calls[x].wait() }
      for call in calls { call.cancel() }
      await driver.shutdown()
      for (x, call) in calls.enumerated() {
        if x < 3 {
          expectEqual(try await call.get(), x)
        } else {
          let error = require(await thrown { _ = try await call.get() }, InputError.self)
          guard case .cancelled = error.reason else { fail("\(error)") }
        }
      }
      expectEqual(descendants().count, 0, "processes")
    },
    Scenario(
      name: "cancelling a running input leaves its container to the next, and a finished one as it is",
      functions: [interrupted]
    ) { driver in
      let container = try await interrupted.remote(0)
      for round in 0..<5 {
        let starts = Board.value(6)
        let running = try await interrupted.spawn(3_600_000)
        let next = try await interrupted.spawn(round)
        await eventually("it runs") { Board.value(6) == starts + 1 }
        running.cancel()
        let error = require(await thrown { _ = try await running.get() }, InputError.self)
        guard case .cancelled = error.reason else { fail("\(error)") }
        expectEqual(try await next.get(), container, "the container of the next")
        next.cancel()
        expectEqual(try await next.get(), container)
      }
      expectEqual(driver.statistics.functions[0].containersDied, 0)
    },
    Scenario(
      name: "containers that are deaf to every signal are ended when they are cancelled", functions: [deaf]
    ) { _ in
      for way in 0..<2 {
        let call = try await deaf.spawn(way)
        await eventually("it runs") { Board.value(10 + way) != 0 }
        call.cancel()
        _ = require(await thrown { _ = try await call.get() }, InputError.self)
        expectEqual(try await deaf.remote(3), 3)
        await eventually("it was ended") { !isAlive(Int32(Board.value(10 + way))) }
      }
    },
    Scenario(
      name: "a shutdown does not wait for ever for containers that never leave", functions: [reluctant]
    ) { driver in
      expectEqual(try await reluctant.map([1, 2, 3]).collect(), [2, 3, 4])
      await driver.shutdown()
      expectEqual(descendants().count, 0, "processes")
    },
    Scenario(
      name: "a task that is cancelled while its input sequence blocks ends at once", functions: [square]
    ) { _ in
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await square.map(Blocked()).collect() },
        { for try await _ in square.map(Blocked()) {} },
        { try await square.forEach(Blocked()) },
      ]
      for call in calls {
        let task = Task { try await call() }
        try await rest(30)
        task.cancel()
        _ = require(await thrown { try await task.value }, CancellationError.self)
      }
      expectEqual(try await square.remote(3), 9)
      Board.set(20, 1)
    },
  ])

/// `@unchecked Sendable`: given from one task to another, and used by that one alone.
private struct UncheckedSendableBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
