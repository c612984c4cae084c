// Promises about when inputs are taken, and about what a slow producer, input or consumer may delay.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let text = Function("text") { (x: Int) in "\(x)" }
private let alone = Function("alone", options: .init(maxContainers: 1)) { (x: Int) in x }
private let recorded = Function("recorded", options: .init(maxContainers: 1)) { (x: Int) in
  Board.set(1, x)
  return x
}
private let gated = Function("gated", options: .init(maxContainers: 2)) { (x: Int) in
  Board.enter(2)
  Board.await(0, atLeast: 1)
  Board.leave(2)
  return x
}
private let oneSlow = Function("oneSlow", options: .init(maxContainers: 1)) { (x: Int) in
  if x == 20 { nap(1000) }
  return x
}
private let oneSlowOfTwo = Function("oneSlowOfTwo", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 20 { Board.await(4, atLeast: 48) } else { Board.add(4) }
  return x
}
private let oneSlowTextOfTwo = Function("oneSlowTextOfTwo", options: .init(maxContainers: 2)) { (x: String) in
  if x == "20" { Board.await(4, atLeast: 48) } else { Board.add(4) }
  return x
}
private let meeting = Function("meeting", options: .init(maxContainers: 4)) { (x: Int) in
  Board.add(5)
  Board.await(5, atLeast: 4)
  return x
}
private let meetingOfSix = Function("meetingOfSix", options: .init(maxContainers: 6)) { (x: String) in
  Board.add(5)
  Board.await(5, atLeast: 6)
  return x
}
private let coded = Function("coded") { (x: SlowToEncode) in x.value }

/// Takes a while to encode.
struct SlowToEncode: Payload {
  // Its coding is what counts here, though it could travel as memory.
  static var isBitwise: Bool { false }
  var value: Int
  init(_ value: Int) { self.value = value }
  func encode(into encoder: inout PayloadEncoder) {
    nap(2)
    encoder.encode(value)
  }
  init(from decoder: inout PayloadDecoder) throws { value = try decoder.decode() }
}

let lazinessScenarios = ScenarioGroup(
  name: "laziness",
  scenarios: [
    Scenario(name: "nothing is taken before the first result is asked for", functions: [square]) { _ in
      let inputs = Counted()
      let results = square.map(inputs)
      let views = results.results.indexed
      try await rest(50)
      expectEqual(inputs.tally.taken, 0, "taken before there was an iterator")
      var iterator = views.makeAsyncIterator()
      try await rest(50)
      expectEqual(inputs.tally.taken, 0, "taken before the first next()")
      _ = try await iterator.next()
      expect(inputs.tally.taken > 0, "nothing was taken")
    },
    Scenario(name: "an endless sequence gives its first results", functions: [square, text]) { _ in
      for ceiling in [nil, 2, 1000] {
        var iterator = square.map(Counted(), maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<3 { expectEqual(try await iterator.next(), index * index) }
        var texts = text.map(0..., maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<3 { expectEqual(try await texts.next(), "\(index)") }
        var range = square.map(0...Int.max, maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<3 { expectEqual(try await range.next(), index * index) }
        var bits = text.map(Int.min...Int.max, maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<3 { expectEqual(try await bits.next(), "\(Int.min + index)") }
        var pairs = text.map(unknown(Int.min..<Int.max), maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<3 { expectEqual(try await pairs.next(), "\(Int.min + index)") }
      }
    },
    Scenario(name: "no more inputs are outstanding than the ceiling allows", functions: [square, text]) { _ in
      for ceiling in [1, 2, 3, 7, 16, 40, 200] {
        for ordered in [true, false] {
          let inputs = Counted()
          var iterator = square.map(inputs, orderOutputs: ordered, maxOutstandingInputs: ceiling)
            .makeAsyncIterator()
          for handed in 1...50 {
            _ = try await iterator.next()
            let taken = inputs.tally.taken
            expect(taken <= handed + ceiling, "\(taken) taken, \(handed) handed, ceiling \(ceiling)")
          }
          let others = Counted()
          var texts = text.map(others, orderOutputs: ordered, maxOutstandingInputs: ceiling).results
            .makeAsyncIterator()
          for handed in 1...50 {
            _ = try await texts.next()
            if handed % 25 == 0 { try await rest(20) }
            let taken = others.tally.taken
            expect(taken <= handed + ceiling, "\(taken) taken, \(handed) handed, ceiling \(ceiling)")
          }
        }
      }
    },
    Scenario(name: "the ceiling is used to the full", functions: [gated, square]) { _ in
      let inputs = Counted(count: 6)
      async let outputs = gated.map(inputs, maxOutstandingInputs: 3).collect()
      await eventually("three inputs were taken") { inputs.tally.taken == 3 }
      try await rest(100)
      expectEqual(inputs.tally.taken, 3, "taken before a first completion")
      Board.set(0, 1)
      expectEqual(try await outputs, Array(0..<6))
      for ceiling in [1, 4, 33] {
        let more = Counted()
        var iterator = square.map(more, maxOutstandingInputs: ceiling).makeAsyncIterator()
        _ = try await iterator.next()
        // One output is handed, the others lie where the ceiling counts them.
        await eventually("\(ceiling) inputs are outstanding") { more.tally.taken == ceiling + 1 }
        try await rest(30)
        expectEqual(more.tally.taken, ceiling + 1)
      }
    },
    Scenario(name: "with a ceiling of one, producing and running alternate", functions: [recorded]) { _ in
      Board.set(1, -1)
      let watched = (0..<50).lazy.map { (x: Int) -> Int in
        expectEqual(Board.value(1), x - 1, "the last input that ran when \(x) was produced")
        return x
      }
      expectEqual(
        try await recorded.map(UncheckedSendable(watched), maxOutstandingInputs: 1).collect(), Array(0..<50))
    },
    Scenario(name: "a slow producer never holds back a finished result", functions: [square, text]) { _ in
      for ceiling in [nil, 2] {
        let inputs = Counted(count: 3, pauseMilliseconds: 700, pausesBefore: { $0 == 1 })
        var iterator = square.map(inputs, maxOutstandingInputs: ceiling).makeAsyncIterator()
        expectEqual(try await iterator.next(), 0)
        expectEqual(inputs.tally.taken, 1, "taken when the first result came")
        expectEqual(try await iterator.next(), 1)
        expectEqual(try await iterator.next(), 4)
        expectEqual(try await iterator.next(), nil)
        let others = Counted(count: 100, pauseMilliseconds: 500, pausesBefore: { $0 == 60 })
        var texts = text.map(others, orderOutputs: false, maxOutstandingInputs: ceiling).makeAsyncIterator()
        for _ in 0..<60 { _ = try await texts.next() }
        expectEqual(others.tally.taken, 60, "taken when all that was there had come back")
        for _ in 0..<40 { _ = try await texts.next() }
        expectEqual(try await texts.next(), nil)
      }
    },
    Scenario(name: "a producer that blocks for ever delays no other map", functions: [square]) { _ in
      var stuck = square.map(Counted(pauseMilliseconds: 3_600_000, pausesBefore: { $0 == 1 }))
        .makeAsyncIterator()
      expectEqual(try await stuck.next(), 0)
      for count in [1, 100, 1000] {
        expectEqual(try await square.map(0..<count).collect(), (0..<count).map { $0 * $0 })
        expectEqual(try await square.map(unknown(0..<count)).collect(), (0..<count).map { $0 * $0 })
      }
    },
    Scenario(name: "inputs before a slow one are delivered while it runs", functions: [oneSlow]) { _ in
      for inputs in [Array(0..<49), Array(0..<100)] {
        Board.set(6, 0)
        var iterator = oneSlow.map(inputs).makeAsyncIterator()
        let start = ContinuousClock.now
        for index in 0..<20 { expectEqual(try await iterator.next(), index) }
        let early = start.duration(to: .now)
        for index in 20..<inputs.count { expectEqual(try await iterator.next(), index) }
        let late = start.duration(to: .now)
        expect(late - early > .milliseconds(500), "the first 20 took \(early), all took \(late)")
      }
    },
    Scenario(name: "a slow input delays only itself", functions: [oneSlowOfTwo, oneSlowTextOfTwo]) { _ in
      // The slow input waits in its container for the 48 others to have run.
      for _ in 0..<5 {
        Board.set(4, 0)
        expectEqual(try await oneSlowOfTwo.map(0..<49).collect(), Array(0..<49))
        Board.set(4, 0)
        expectEqual(
          try await oneSlowOfTwo.map(unknown(0..<49), orderOutputs: false).collect().sorted(), Array(0..<49))
        Board.set(4, 0)
        let texts = (0..<49).map { "\($0)" }
        expectEqual(try await oneSlowTextOfTwo.map(texts).collect(), texts)
        Board.set(4, 0)
        expectEqual(try await oneSlowTextOfTwo.map(unknown(texts)).collect(), texts)
      }
    },
    Scenario(name: "as many inputs run at once as there are containers", functions: [meeting, meetingOfSix]) {
      _ in
      // Each waits until all have begun.
      for _ in 0..<3 {
        Board.set(5, 0)
        expectEqual(try await meeting.map(0..<4).collect(), Array(0..<4))
        Board.set(5, 0)
        expectEqual(try await meeting.map(unknown(0..<4)).collect(), Array(0..<4))
        Board.set(5, 0)
        expectEqual(try await meeting.map(unknown(0..<4), maxOutstandingInputs: 4).collect(), Array(0..<4))
        Board.set(5, 0)
        expectEqual(try await meetingOfSix.map((0..<6).map { "\($0)" }).collect().count, 6)
        Board.set(5, 0)
        expectEqual(try await meetingOfSix.map(unknown((0..<6).map { "\($0)" })).collect().count, 6)
      }
    },
    Scenario(name: "a pool never outgrows its limit", functions: [gated]) { driver in
      async let outputs = gated.map(0..<30).collect()
      await eventually("two inputs run") { Board.value(2) == 2 }
      try await rest(100)
      expectEqual(driver.statistics.functions[0].containers.count, 2)
      Board.set(0, 1)
      expectEqual(try await outputs, Array(0..<30))
      expectEqual(Board.value(3), 2, "the most that ran at once")
      expectEqual(driver.statistics.functions[0].containersStarted, 2)
    },
    Scenario(name: "inputs that are slow to encode stall nothing", functions: [coded]) { _ in
      expectEqual(try await coded.map((0..<100).map(SlowToEncode.init)).collect(), Array(0..<100))
      expectEqual(try await coded.map(unknown((0..<100).map(SlowToEncode.init))).collect(), Array(0..<100))
    },
    Scenario(name: "a slow consumer gets everything, and bounds what is taken", functions: [text]) { _ in
      let inputs = Counted()
      var next = 0
      for try await output in text.map(inputs) {
        expectEqual(output, "\(next)")
        next += 1
        if next == 1 {
          // As many as the window holds are taken soon, and then no more.
          try await rest(300)
          let taken = inputs.tally.taken
          try await rest(100)
          expectEqual(inputs.tally.taken, taken, "taken while the consumer slept on")
        }
        if next == 20_000 { break }
      }
      expectEqual(next, 20_000)
    },
    Scenario(
      name: "leaving the loop early leaves the driver working at once", functions: [square, alone, text]
    ) { _ in
      for round in 0..<30 {
        for try await _ in square.map(Counted()) { break }
        for try await output in text.map(0..<100_000) where output == "5" { break }
        do {
          var dropped = alone.map(0..<1000).makeAsyncIterator()
          for _ in 0..<round { _ = try await dropped.next() }
        }
        expectEqual(try await alone.map(0..<10).collect(), Array(0..<10))
        expectEqual(try await square.map(unknown(0..<10)).collect(), (0..<10).map { $0 * $0 })
      }
    },
    Scenario(name: "after an early exit nothing more is taken", functions: [square]) { _ in
      let inputs = Counted(pauseMilliseconds: 1)
      for try await output in square.map(inputs) where output > 20 { break }
      try await rest(30)
      let taken = inputs.tally.taken
      try await rest(50)
      expect(inputs.tally.taken <= taken, "\(inputs.tally.taken - taken) more were taken")
    },
    Scenario(
      name: "a cancelled task gets a cancellation, never part of an array", functions: [square, gated, text]
    ) {
      _ in
      for pause in [0, 0, 1, 5, 20] {
        let collecting = Task { try await square.map(Counted()).collect() }
        let packed = Task { try await gated.map(0..<1000).collect() }
        let iterating = Task { try await all(text.map(Counted())) }
        let single = Task { try await gated.remote(1) }
        let each = Task { try await text.forEach(Counted()) }
        try await rest(pause)
        for task in [collecting, packed] { task.cancel() }
        iterating.cancel()
        single.cancel()
        each.cancel()
        _ = require(await thrown { _ = try await collecting.value }, CancellationError.self)
        _ = require(await thrown { _ = try await packed.value }, CancellationError.self)
        _ = require(await thrown { _ = try await iterating.value }, CancellationError.self)
        _ = require(await thrown { _ = try await single.value }, CancellationError.self)
        _ = require(await thrown { _ = try await each.value }, CancellationError.self)
        expectEqual(try await square.map(0..<100).collect(), (0..<100).map { $0 * $0 })
      }
      // Containers that still wait at the gate are replaced after their grace.
      Board.set(0, 0)
      let stuck = Task { try await gated.map(0..<10).collect() }
      await eventually("two wait at the gate") { Board.value(2) >= 2 }
      stuck.cancel()
      _ = require(await thrown { _ = try await stuck.value }, CancellationError.self)
      await eventually("the containers were replaced or left") { Board.value(0) == 0 }
      let next = Task { try await gated.map(0..<3).collect() }
      try await rest(1500)
      Board.set(0, 1)
      expectEqual(try await next.value, [0, 1, 2])
    },
  ])

/// `@unchecked Sendable`: read by one thread at a time.
struct UncheckedSendable<S: Sequence>: Sequence, @unchecked Sendable {
  private let base: S
  init(_ base: S) { self.base = base }
  func makeIterator() -> S.Iterator { base.makeIterator() }
}
