// Every view of results, and the types they say they have; generic code over them; code that is not asynchronous.
// Held by the app of Contract.swift, which runs all.

import Dispatch
import Gantry

struct Views: Sendable {
  let square = Function { (x: Int) in x * x }

  func check() async throws {
    let results: MapResults<Int> = square.map([1, 2])
    expectEqual(try await sum(results), 5)
    expectEqual(try await sendable(square.map([1, 2])), [1, 4])

    var values: [Int] = []
    for try await result: Result<Int, InputError> in square.map([1, 2]).results {
      values.append(try result.get())
    }
    expectEqual(values, [1, 4])
    for try await (index, output) in square.map([0, 1, 2]).indexed { expectEqual(output, index * index) }
    for try await item in square.map([0, 1, 2]).indexed { expectEqual(item.output, item.index * item.index) }
    for try await outcome: Outcome<Int> in square.map([3]).outcomes {
      let result: Result<Int, InputError> = outcome.result
      let duration: Duration = outcome.duration
      let container: Int32 = outcome.container
      expectEqual(try result.get(), 9)
      expectEqual([outcome.index, outcome.attempts], [0, 1])
      expect(duration > .zero && container > 0)
    }
    var all: [Int] = []
    for try await batch: [Int] in square.map(0..<100).batches { all += batch }
    expectEqual(all, (0..<100).map { $0 * $0 })

    for try await (index, result) in square.map([5]).results.indexed {
      expectEqual(try result.get(), index + 25)
    }
    for try await batch in square.map([5]).results.batches {
      expectEqual(try batch.map { try $0.get() }, [25])
    }
    _ = try await square.map([5]).indexed.batches.collect()
    _ = try await square.map([5]).outcomes.collect()
    expectEqual(try await square.map([5]).results.collect().map { try $0.get() }, [25])
    expectEqual(try await square.map(1...).prefix(2).reduce(0, +), 5)

    for try await output in square.map(1...) where output > 50 { break }
    var iterator = square.map([1]).makeAsyncIterator()
    expectEqual(try await iterator.next(), 1)
    expectEqual(try await iterator.next(), nil)

    try await blocking()
  }

  /// Results as any asynchronous sequence.
  private func sum<Outputs: AsyncSequence>(_ outputs: Outputs) async throws -> Int
  where Outputs.Element == Int {
    var sum = 0
    for try await output in outputs { sum += output }
    return sum
  }

  /// Results travel between tasks.
  private func sendable(_ results: MapResults<Int>) async throws -> [Int] {
    try await Task.detached { try await results.collect() }.value
  }

  private func blocking() async throws {
    let square = square
    let found = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: Result { try wait(square) }) }
    }
    expectEqual(try found.get(), [1, 4, 9])
  }
}

/// Code that is not asynchronous.
private func wait(_ square: Function<Int, Int>) throws -> [Int] {
  var outputs: [Int] = []
  for result in square.map([1, 2]).blocking {
    switch result {
    case .success(let output): outputs.append(output)
    case .failure(let error): throw error
    }
  }
  return try outputs + square.map([3]).blocking.collect()
}
