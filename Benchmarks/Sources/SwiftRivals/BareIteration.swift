// What `for try await` costs at the least: an iterator that hands out the elements of arrays, which come from an actor.

import Workloads

/// Squares in arrays of the size that outputs come in.
private actor Batches {
  private var next = 0
  private let count: Int
  init(_ count: Int) { self.count = count }

  func batch() -> [Int]? {
    guard next < count else { return nil }
    let end = min(count, next + 65_536)
    defer { next = end }
    return (next..<end).map(square)
  }
}

private struct Elements: AsyncSequence, AsyncIteratorProtocol {
  let batches: Batches
  var batch: [Int] = []
  var position = 0

  func makeAsyncIterator() -> Elements { self }

  mutating func next() async throws -> Int? {
    if position == batch.count {
      guard let more = await batches.batch() else { return nil }
      batch = more
      position = 0
    }
    defer { position += 1 }
    return batch[position]
  }
}

/// Times a loop over the elements.
func timeBareIteration(_ count: Int) async -> Never {
  let elements = Elements(batches: Batches(count))
  let start = nanoseconds()
  var sum = 0
  do {
    for try await element in elements { sum &+= element }
  } catch {
    stop("A sequence that never throws threw \(error).")
  }
  let elapsed = seconds(since: start)
  guard sum == sumOfSquares(below: count) else { stop("The elements do not have the right sum.") }
  report(["seconds": elapsed, "n": Double(count)])
}
