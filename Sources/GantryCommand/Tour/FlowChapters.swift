// Calls and inputs on their way: spawned calls, asynchronous use, chunks, and backpressure.

import Gantry
import Synchronization

struct SpawnMap: Chapter {
  let title = "Spawn map"

  // shown
  let expensive = Function { (x: Int) async throws in
    try await Task.sleep(for: .milliseconds(200))
    return x * x
  }

  func run() async throws {
    let call = try await expensive.spawnMap([1, 2, 3, 4])
    print("Computation started in background")
    // The outputs can be had afterwards; while you hold the call, they are kept.
    try await call.wait()
    print("\(call.status.completed) completed:", try await call.results().collect())
  }
  // end shown
}

struct AsyncUsage: Chapter {
  let title = "Async usage"

  // shown
  let double = Function { (x: Int) async throws in
    try await Task.sleep(for: .milliseconds(100))
    return x * 2
  }

  func run() async throws {
    var results: [Int] = []
    // Every call is asynchronous; bodies may be, too.
    for try await result in double.map([1, 2, 3, 4]) {
      results.append(result)
      print("Got result: \(result)")
    }
  }
  // end shown
}

struct InputsInChunks: Chapter {
  let title = "Chunking"

  // shown
  let one = Function(options: .init(chunking: .fixed(1))) { (x: Int) in x + 1 }
  // At most Chunking.defaultSize, 49, to begin with; more while chunks are so short that the overhead shows.
  let many = Function(options: .init(chunking: .automatic)) { (x: Int) in x + 1 }

  func run() async throws {
    for (name, function) in [("chunks of 1", one), ("automatic", many)] {
      _ = try await function.remote(0)  // starts a container
      let start = ContinuousClock.now
      let sum = try await function.map(0..<5000).collect().reduce(0, +)
      let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
      print("\(name): the sum is \(sum), after \(milliseconds) ms")
    }
  }
  // end shown
}

struct Backpressure: Chapter {
  let title = "Backpressure"

  // shown
  let square = Function { (x: Int) in x &* x }

  func run() async throws {
    let taken = Counter()
    let endless = (0...).lazy.map { (x: Int) in
      taken.count()
      return x
    }
    // Lazy: a map describes, and reads when results are asked for, never more than a window ahead.
    let results = square.map(endless, maxOutstandingInputs: 100)
    print("before the first result: \(taken.value) inputs taken")
    var iterator = results.makeAsyncIterator()
    for _ in 0..<10 { _ = try await iterator.next() }
    print("after ten results: at most 110 inputs taken is \(taken.value <= 110)")
  }
  // end shown
}

/// Counts up, from any thread.
final class Counter: Sendable {
  private let number = Atomic(0)
  /// How often it has counted.
  var value: Int { number.load(ordering: .relaxed) }
  /// Counts once more; returns how often it has.
  @discardableResult
  func count() -> Int { number.add(1, ordering: .relaxed).newValue }
}
