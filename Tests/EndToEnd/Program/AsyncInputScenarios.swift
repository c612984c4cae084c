// Promises about inputs that come from asynchronous sequences.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let multiply = Function("multiply") { (a: Int, b: Int) in a * b }
private let sum3 = Function("sum3") { (a: Int, b: Int, c: Int) in a + b + c }
private let failing = Function("failing") { (x: Int) -> Int in
  if x == 2 { throw Hiccup(at: x) }
  return x
}

struct Hiccup: Error, Codable, Equatable { var at: Int }

/// The numbers from 0 on; may throw at one, pause before each, and says when it is let go.
struct Stream: AsyncSequence, Sendable {
  var count = Int.max
  var throwsAt: Int?
  var pauseMilliseconds = 0
  var tally = Tally()
  var released = Tally()

  final class AsyncIterator: AsyncIteratorProtocol {
    let base: Stream
    var upcoming = 0

    init(_ base: Stream) { self.base = base }
    deinit { base.released.note() }

    func next() async throws -> Int? {
      if base.pauseMilliseconds > 0 { try await rest(base.pauseMilliseconds) }
      if upcoming == base.throwsAt { throw Hiccup(at: upcoming) }
      guard upcoming < base.count else { return nil }
      base.tally.note()
      defer { upcoming += 1 }
      return upcoming
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

let asyncInputScenarios = ScenarioGroup(
  name: "async-inputs",
  scenarios: [
    Scenario(name: "an asynchronous sequence is mapped in its order", functions: [square]) { _ in
      expectEqual(try await square.map(Stream(count: 1000)).collect(), (0..<1000).map { $0 * $0 })
    },
    Scenario(
      name: "several asynchronous sequences are zipped, the shortest ends them", functions: [multiply, sum3]
    ) { _ in
      let (a, b) = (Stream(count: 5), Stream(count: 9))
      expectEqual(try await multiply.map(a, b).collect(), [0, 1, 4, 9, 16])
      expectEqual(
        try await sum3.map(Stream(count: 9), Stream(count: 3), Stream(count: 9)).collect(), [0, 3, 6])
      while a.released.taken + b.released.taken < 2 { nap(1) }
      expectEqual(a.released.taken, 1, "times the first was closed")
      expectEqual(b.released.taken, 1, "times the second was closed")
    },
    Scenario(
      name: "starmap, for-each and completion order take asynchronous sequences",
      functions: [multiply, square]
    ) { _ in
      let pairs = AsyncStream<(Int, Int)> { continuation in
        for i in 0..<10 { continuation.yield((i, i + 1)) }
        continuation.finish()
      }
      expectEqual(try await multiply.starmap(pairs).collect(), (0..<10).map { $0 * ($0 + 1) })
      try await square.forEach(Stream(count: 100))
      try await multiply.forEach(Stream(count: 3), Stream(count: 4))
      expectEqual(
        try await all(square.map(Stream(count: 500), orderOutputs: false)).sorted(), (0..<500).map { $0 * $0 }
      )
    },
    Scenario(name: "a map's results are another map's inputs", functions: [square]) { _ in
      expectEqual(try await square.map(square.map([1, 2])).collect(), [1, 16])
      let thrice = try await square.map(square.map(square.map(0..<200))).collect()
      expectEqual(thrice, (0..<200).map { x in (0..<8).reduce(1) { power, _ in power * x } })
    },
    Scenario(name: "nothing is taken before the first result is asked for", functions: [square]) { _ in
      let inputs = Stream(count: 10)
      let results = square.map(inputs)
      try await rest(50)
      expectEqual(inputs.tally.taken, 0, "inputs taken")
      _ = try await results.collect()
      expectEqual(inputs.tally.taken, 10, "inputs taken")
    },
    Scenario(name: "an endless asynchronous sequence is read as far as its window", functions: [square]) {
      _ in
      let inputs = Stream()
      var iterator = square.map(inputs, maxOutstandingInputs: 4).makeAsyncIterator()
      for i in 0..<3 { expectEqual(try await iterator.next(), i * i) }
      try await rest(100)
      expect(inputs.tally.taken <= 3 + 4, "\(inputs.tally.taken) inputs were taken")
    },
    Scenario(name: "a finished result does not wait for the next input", functions: [square]) { _ in
      let (inputs, continuation) = AsyncStream.makeStream(of: Int.self)
      continuation.yield(3)
      var iterator = square.map(inputs).makeAsyncIterator()
      expectEqual(try await iterator.next(), 9)
      continuation.yield(4)
      expectEqual(try await iterator.next(), 16)
      continuation.finish()
      expectEqual(try await iterator.next(), nil)
      expectEqual(try await iterator.next(), nil)
    },
    Scenario(
      name: "what the sequence throws comes as it is, after the outputs of all inputs before it",
      functions: [square]
    ) { _ in
      for place in [0, 1, 7, 48, 49, 50, 300] {
        for ordered in [true, false] {
          var outputs: [Int] = []
          let error = await thrown {
            for try await y in square.map(Stream(throwsAt: place), orderOutputs: ordered) {
              outputs.append(y)
            }
          }
          expectEqual(require(error, Hiccup.self), Hiccup(at: place))
          expectEqual(outputs.sorted(), (0..<place).map { $0 * $0 })
        }
      }
      expectEqual(try await square.map([5]).collect(), [25])
    },
    Scenario(
      name: "what the sequence throws ends `.results`, collect, for-each and starmap by throwing",
      functions: [square]
    ) { _ in
      var values = 0
      _ = require(
        await thrown { for try await _ in square.map(Stream(throwsAt: 20)).results { values += 1 } },
        Hiccup.self)
      expectEqual(values, 20)
      _ = require(await thrown { _ = try await square.map(Stream(throwsAt: 20)).collect() }, Hiccup.self)
      _ = require(await thrown { try await square.forEach(Stream(throwsAt: 20)) }, Hiccup.self)
      _ = require(
        await thrown { try await square.forEach(Stream(throwsAt: 20), ignoreExceptions: true) }, Hiccup.self)
      _ = require(await thrown { _ = try await square.starmap(Stream(throwsAt: 0)).collect() }, Hiccup.self)
    },
    Scenario(name: "a failed input comes before what the sequence throws behind it", functions: [failing]) {
      _ in
      let error = await thrown { _ = try await failing.map(Stream(throwsAt: 5)).collect() }
      expectEqual(require(error, InputError.self).index, 2)
    },
    Scenario(name: "leaving early lets go of the sequence", functions: [square]) { _ in
      let inputs = Stream(pauseMilliseconds: 1)
      for try await y in square.map(inputs) where y >= 4 { break }
      while inputs.released.taken == 0 { nap(1) }
      let taken = inputs.tally.taken
      try await rest(50)
      expectEqual(inputs.tally.taken, taken, "inputs taken after the loop was left")
    },
    Scenario(
      name: "cancelling the task ends a wait for the next input, and cancels that input's task",
      functions: [square]
    ) { _ in
      let inputs = Stream(pauseMilliseconds: 3_600_000)
      let task = Task { try await square.map(inputs).collect() }
      try await rest(50)
      task.cancel()
      _ = require(await thrown { _ = try await task.value }, CancellationError.self)
      while inputs.released.taken == 0 { nap(1) }
      expectEqual(try await square.map([2]).collect(), [4])
    },
    Scenario(name: "a hundred maps over asynchronous sequences run at once", functions: [square]) { _ in
      try await withThrowingTaskGroup(of: [Int].self) { group in
        for _ in 0..<100 { group.addTask { try await square.map(Stream(count: 50)).collect() } }
        for try await outputs in group { expectEqual(outputs, (0..<50).map { $0 * $0 }) }
      }
    },
    Scenario(name: "an asynchronous sequence of the main actor is read there", functions: [square]) { _ in
      try await readOnMain()
    },
  ])

@MainActor private var madeOnMain = 0

@MainActor private func readOnMain() async throws {
  let inputs = AsyncStream<Int>(unfolding: { @MainActor in
    MainActor.assertIsolated()
    madeOnMain += 1
    return madeOnMain <= 100 ? madeOnMain : nil
  })
  expectEqual(try await square.map(inputs).collect(), (1...100).map { $0 * $0 })
}
