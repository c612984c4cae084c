// Every call of the table of calls, with inputs of every kind: sequences and asynchronous ones, one or several, ranges,
// iterators that are classes, sequences that are not Sendable. Held by the app of Contract.swift, which runs all.

import Gantry
import Synchronization

/// An iterator, and sequence, that is a class and no Sendable.
final class Countdown: Sequence, IteratorProtocol {
  private var left: Int
  init(_ count: Int) { left = count }
  func next() -> Int? {
    defer { left -= 1 }
    return left > 0 ? left : nil
  }
}

/// A sequence that is not Sendable, because of what it holds.
struct Walk: Sequence {
  final class Place { var step = 0 }
  let place = Place()
  func makeIterator() -> AnyIterator<Int> {
    AnyIterator { [place] in
      place.step += 1
      return place.step <= 3 ? place.step : nil
    }
  }
}

/// An asynchronous sequence of one's own.
struct Ticks: AsyncSequence, AsyncIteratorProtocol {
  var left: Int
  mutating func next() async -> Int? {
    defer { left -= 1 }
    await Task.yield()
    return left > 0 ? left : nil
  }
  func makeAsyncIterator() -> Ticks { self }
}

func stream<Element: Sendable>(_ elements: Element...) -> AsyncStream<Element> {
  AsyncStream { continuation in
    for element in elements { continuation.yield(element) }
    continuation.finish()
  }
}

struct Calls: Sendable {
  let square = Function { (x: Int) in x * x }
  let multiply = Function { (a: Int, b: Int) in a * b }
  let sum = Function { (a: Int, b: Int, c: Double) in Double(a + b) + c }
  let note = Function { (x: Int) in _ = x }
  let notes = Function { (x: Int, text: String) in _ = text }
  let pair = Function { (x: Int) in (x, "\(x)") }

  func check() async throws {
    try await maps()
    try await asynchronousMaps()
    try await withoutResults()
    try await spawned()
    try await others()
  }

  private func maps() async throws {
    expectEqual(try await square.map([1, 2, 3]).collect(), [1, 4, 9])
    expectEqual(try await square.map([1, 2], orderOutputs: true, maxOutstandingInputs: 1).collect(), [1, 4])
    expectEqual(try await Set(square.map([1, 2, 3], orderOutputs: false).collect()), [1, 4, 9])
    expectEqual(try await square.map(1...3, maxOutstandingInputs: 5).collect(), [1, 4, 9])
    expectEqual(try await square.map(stride(from: 1, to: 6, by: 2)).collect(), [1, 9, 25])
    expectEqual(try await square.map(Set([2])).collect(), [4])
    expectEqual(try await square.map([1, 2, 3].lazy.filter { $0 > 1 }).collect(), [4, 9])
    expectEqual(try await square.map(Countdown(3)).collect(), [9, 4, 1])
    expectEqual(try await square.map(Walk()).collect(), [1, 4, 9])
    expectEqual(try await square.map([1, 2, 3][1...]).collect(), [4, 9])
    expectEqual(try await square.map([Int]()).collect(), [])
    expectEqual(try await multiply.map([1, 2, 3], [10, 20, 30]).collect(), [10, 40, 90])
    expectEqual(try await multiply.map(1..., Countdown(2)).collect(), [2, 2])
    expectEqual(
      try await multiply.map([1], [2], orderOutputs: false, maxOutstandingInputs: 3).collect(), [2])
    expectEqual(try await sum.map([1, 2], 3..., [0.5, 1, 2]).collect(), [4.5, 7])
    expectEqual(try await multiply.starmap([(1, 2), (3, 4)]).collect(), [2, 12])
    expectEqual(try await multiply.map([(1, 2), (3, 4)]).collect(), [2, 12])
    expectEqual(try await multiply.starmap(zip([1, 2], [3, 4])).collect(), [3, 8])
    expectEqual(
      try await sum.starmap([(1, 2, 3)], orderOutputs: false, maxOutstandingInputs: 2).collect(), [6])
    // Labels do not convert.
    let labelled = [(base: 2, times: 3), (base: 4, times: 5)]
    expectEqual(try await multiply.starmap(labelled.lazy.map { ($0, $1) }).collect(), [6, 20])
    expectEqual(
      try await multiply.starmap(["a", "b"].enumerated().lazy.map { ($0, $1.count) }).collect(), [0, 1])
    for try await (number, text) in pair.map([1, 2]) { expectEqual("\(number)", text) }
  }

  private func asynchronousMaps() async throws {
    expectEqual(try await square.map(stream(1, 2)).collect(), [1, 4])
    expectEqual(
      try await square.map(Ticks(left: 2), orderOutputs: true, maxOutstandingInputs: 1).collect(), [4, 1])
    expectEqual(try await Set(square.map(Ticks(left: 2), orderOutputs: false).collect()), [1, 4])
    expectEqual(try await square.map(square.map([1, 2, 3])).collect(), [1, 16, 81])
    expectEqual(try await square.map(Ticks(left: 2).map { $0 + 1 }).collect(), [9, 4])
    expectEqual(try await multiply.map(stream(1, 2), Ticks(left: 2)).collect(), [2, 2])
    expectEqual(
      try await sum.map(stream(1), stream(2), stream(3.0), orderOutputs: false, maxOutstandingInputs: 2)
        .collect(),
      [6])
    expectEqual(try await multiply.starmap(stream((1, 2), (3, 4))).collect(), [2, 12])
    expectEqual(
      try await multiply.starmap(stream((1, 2)), orderOutputs: false, maxOutstandingInputs: 1).collect(), [2])
    let (inputs, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
    continuation.yield(3)
    continuation.finish()
    expectEqual(try await square.map(inputs).collect(), [9])
  }

  private func withoutResults() async throws {
    try await note.forEach([1, 2])
    try await note.forEach([1, 2], ignoreExceptions: true)
    try await note.forEach(Countdown(2))
    try await notes.forEach([1, 2], ["a", "b"])
    try await notes.forEach([1, 2], ["a", "b"], ignoreExceptions: true)
    try await square.forEach(1...3)
    try await note.forEach(stream(1, 2))
    try await note.forEach(stream(1, 2), ignoreExceptions: true)
    try await notes.forEach(stream(1, 2), stream("a", "b"))
    try await notes.forEach(stream(1), stream("a"), ignoreExceptions: true)
    expectEqual(try await note.map([1, 2]).collect().count, 2)
    for try await _ in note.map([1, 2]) {}
  }

  private func spawned() async throws {
    try await note.spawnMap([1, 2])
    try await notes.spawnMap([1], ["a"])
    try await note.spawnMap(stream(1))
    try await notes.spawnMap(stream(1), stream("a"))
    let call: FunctionCall<Int> = try await square.spawnMap(1...3)
    try await call.wait()
    let status: CallStatus = call.status
    expectEqual(status.total, 3)
    expectEqual([status.completed, status.failed, status.cancelled, status.running], [3, 0, 0, 0])
    expectEqual(try await call.results().collect(), [1, 4, 9])
    expect(!call.id.isEmpty)

    let one = try await square.spawn(12)
    expectEqual(try await one.get(), 144)
    let two = try await multiply.spawn(2, 3)
    expectEqual(try await two.get(timeout: .seconds(100)), 6)
    expectEqual(try await gather(square.spawn(2), square.spawn(3)), [4, 9])
    var calls: [FunctionCall<Int>] = []
    for x in 1...3 { calls.append(try await square.spawn(x)) }
    expectEqual(try await gather(calls), [1, 4, 9])
    let dropped = try await square.spawnMap(0..<10)
    dropped.cancel()
    try await dropped.wait()
  }

  private func others() async throws {
    expectEqual(try await square.remote(3), 9)
    expectEqual(try await sum.remote(1, 2, 3), 6)
    expectEqual(try await square.local(3), 9)
    expectEqual(try await sum.local(1, 2, 3), 6)
    let single = square.with(
      FunctionOptions(
        minContainers: 0, maxContainers: 1, bufferContainers: 0, scaledownWindow: .seconds(60), timeout: nil,
        startupTimeout: .seconds(60), retries: .none,
        crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(50)), chunking: .automatic,
        compression: .automatic, inputConcurrency: 1, maxInputsPerContainer: nil, memoryLimit: nil,
        rateLimit: nil))
    expectEqual(try await single.map([1, 2]).collect(), [1, 4])
    _ = FunctionOptions(
      timeout: .seconds(1),
      retries: Retries(
        maxRetries: 3, backoffCoefficient: 2, initialDelay: .seconds(1), maxDelay: .seconds(60)),
      chunking: .fixed(Chunking.defaultSize), compression: .lz4(acceleration: 3), maxInputsPerContainer: 10,
      memoryLimit: 1 << 30, rateLimit: .init(count: 100, per: .seconds(1)))
    _ = [Compression.automatic, .lz4, .none]
  }
}
