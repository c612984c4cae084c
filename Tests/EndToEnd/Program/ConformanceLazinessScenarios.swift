// Promises about laziness that any pool is asked to keep: what is taken from inputs when, and who may wait for that.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let add = Function("add") { (a: Int, b: Int) in a + b }
private let gated = Function("gated", options: .init(maxContainers: 2)) { (x: Int) in
  Board.enter(1)
  Board.await(0, atLeast: 1)
  Board.leave(1)
  return x
}
private let gatedAsync = Function("gatedAsync", options: .init(maxContainers: 3)) { (x: Int) async -> Int in
  Board.enter(3)
  while Board.value(0) < 1 { try? await rest(1) }
  Board.leave(3)
  return x
}
private let byOne = Function("byOne", options: .init(maxContainers: 1, chunking: .fixed(1))) { (x: Int) in
  Board.set(5, x + 1)
  return x
}
private let byFour = Function("byFour", options: .init(maxContainers: 1, chunking: .fixed(4))) { (x: Int) in
  Board.set(5, x + 1)
  return x
}
private let restless = Function(
  "restless", options: .init(maxContainers: 2, scaledownWindow: .milliseconds(1))
) { (x: SlowToEncode) in x.value }

/// The numbers below six; each is produced only as far ahead of those that ran as may be.
private func bounded(by ceiling: Int) -> some Sequence<Int> & Sendable {
  let numbers = (0..<6).lazy.map { (x: Int) -> Int in
    let ran = Board.value(5)
    expect(x < ran + ceiling, "\(x) is produced when \(ran) have run, with a ceiling of \(ceiling)")
    return x
  }
  return UncheckedSendable(numbers)
}

/// Gives some numbers, then never comes back.
private struct Stuck: Sequence, IteratorProtocol, Sendable {
  var left: Int
  mutating func next() -> Int? {
    while left == 0 { nap(1000) }
    left -= 1
    return left
  }
}

let conformanceLazinessScenarios = ScenarioGroup(
  name: "conformance-laziness",
  scenarios: [
    Scenario(name: "endless counters behind a buffer of two give 0, 1, 2", functions: [square, add]) { _ in
      let counter = Counted()
      var iterator = square.map(counter, maxOutstandingInputs: 2).makeAsyncIterator()
      for index in 0..<3 { expectEqual(try await iterator.next(), index * index) }
      expect(counter.tally.taken <= 5, "\(counter.tally.taken) were taken")
      let (first, second) = (Counted(), Counted())
      var pairs = add.map(first, second, maxOutstandingInputs: 2).makeAsyncIterator()
      for index in 0..<3 { expectEqual(try await pairs.next(), 2 * index) }
      expect(first.tally.taken <= 5 && second.tally.taken <= 5, "\(first.tally.taken), \(second.tally.taken)")
      var streams = add.map(Stream(), Stream(), maxOutstandingInputs: 2).makeAsyncIterator()
      for index in 0..<3 { expectEqual(try await streams.next(), 2 * index) }
    },
    Scenario(
      name: "of four inputs nothing is taken before the first is asked for, then as many as the buffer holds",
      functions: [square]
    ) { driver in
      let untouched = Counted(count: 4)
      var unread = square.map(untouched, maxOutstandingInputs: 2).makeAsyncIterator()
      let inputs = Counted(count: 4)
      var iterator = square.map(inputs, maxOutstandingInputs: 2).makeAsyncIterator()
      expectEqual(try await iterator.next(), 0)
      // One was handed out, two are outstanding.
      await eventually("the buffer is full") { inputs.tally.taken == 3 }
      try await rest(100)
      expectEqual(inputs.tally.taken, 3)
      await driver.shutdown()
      expectEqual(inputs.tally.taken, 3, "taken of the half-read map")
      expectEqual(untouched.tally.taken, 0, "taken of the unread map")
      let error = require(await thrown { _ = try await unread.next() }, GantryError.self)
      expectEqual(error.code, .shutDown)
      expectEqual(untouched.tally.taken, 0, "taken for a driver that was shut down")
    },
    Scenario(
      name: "with three of six inputs let ahead, the fourth is produced after a first completion",
      functions: [gated, gatedAsync]
    ) { _ in
      for function in [gated, gatedAsync] {
        Board.set(0, 0)
        let inputs = Counted(count: 6)
        let stream = Stream(count: 6)
        let outputs = Task { try await function.map(inputs, maxOutstandingInputs: 3).collect() }
        let others = Task { try await all(function.map(stream, maxOutstandingInputs: 3)) }
        await eventually("three were taken of each") { inputs.tally.taken == 3 && stream.tally.taken == 3 }
        try await rest(100)
        expectEqual([inputs.tally.taken, stream.tally.taken], [3, 3])
        Board.set(0, 1)
        expectEqual(try await outputs.value, Array(0..<6))
        expectEqual(try await others.value, Array(0..<6))
      }
    },
    Scenario(
      name: "producing is never more ahead of running than the ceiling, chunk by chunk",
      functions: [byOne, byFour]
    ) { _ in
      for (function, ceiling) in [(byOne, 1), (byFour, 1), (byFour, 4), (byOne, 4)] {
        Board.set(5, 0)
        expectEqual(
          try await function.map(bounded(by: ceiling), maxOutstandingInputs: ceiling).collect(), Array(0..<6))
        Board.set(5, 0)
        expectEqual(
          try await all(function.map(bounded(by: ceiling), maxOutstandingInputs: ceiling)), Array(0..<6))
      }
    },
    Scenario(
      name: "fifteen blocked calls for each container start no more containers than may be",
      functions: [gated, gatedAsync]
    ) { driver in
      var calls: [FunctionCall<Int>] = []
      for index in 0..<(15 * 2) { calls.append(try await gated.spawn(index)) }
      for index in 0..<(15 * 3) { calls.append(try await gatedAsync.spawn(index)) }
      await eventually("as many run as may") { Board.value(1) == 2 && Board.value(3) == 3 }
      for _ in 0..<10 {
        try await rest(20)
        expectEqual(driver.statistics.functions.map(\.containers.count), [2, 3])
      }
      Board.set(0, 1)
      expectEqual(try await gather(calls), Array(0..<30) + Array(0..<45))
      expectEqual([Board.value(2), Board.value(4)], [2, 3], "the most that ran at once")
      expectEqual(driver.statistics.functions.map(\.containersStarted), [2, 3])
    },
    Scenario(
      name: "inputs slow to encode stall nothing where containers leave as soon as they idle",
      functions: [restless]
    ) { _ in
      for _ in 0..<3 {
        let inputs = (0..<40).map(SlowToEncode.init)
        expectEqual(try await restless.map(inputs).collect(), Array(0..<40))
        expectEqual(try await all(restless.map(unknown(inputs), maxOutstandingInputs: 1)), Array(0..<40))
        for input in inputs.prefix(10) { expectEqual(try await restless.remote(input), input.value) }
      }
    },
    Scenario(
      name: "a hundred calls that nobody can be told of for a while are all answered", functions: [square]
    ) { driver in
      expectEqual(try await square.remote(3), 9)
      let zygote = await livingZygote()
      // It takes no more requests: a hundred for containers are more than its socket holds.
      kill(zygote, SIGSTOP)
      let wide = square.with(.init(minContainers: 100, maxContainers: 100))
      var calls: [FunctionCall<Int>] = []
      for index in 0..<100 { calls.append(try await wide.spawn(index)) }
      try await rest(300)
      kill(zygote, SIGCONT)
      expectEqual(try await gather(calls), (0..<100).map { $0 * $0 })
      // And the other way: nobody reads while a hundred answers come.
      let container = driver.statistics.functions[0].containers[0].pid
      kill(container, SIGSTOP)
      let waiting = Task { try await square.map(0..<100).collect() }
      try await rest(50)
      kill(container, SIGCONT)
      expectEqual(try await waiting.value, (0..<100).map { $0 * $0 })
    },
    Scenario(
      name: "a shutdown does not wait for a sequence that never comes back, half read or dropped",
      functions: [square, add]
    ) { driver in
      var kept = square.map(Stuck(left: 5)).makeAsyncIterator()
      expectEqual(try await kept.next(), 16)
      do {
        var dropped = square.map(Stuck(left: 3), maxOutstandingInputs: 2).makeAsyncIterator()
        expectEqual(try await dropped.next(), 4)
      }
      for try await _ in square.map(Stuck(left: 2), orderOutputs: false) { break }
      await driver.shutdown()
    },
  ])
