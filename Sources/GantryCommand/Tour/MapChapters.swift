// The guide's first half: maps over one and several sequences, their order, their failures, and calls without outputs.

import Gantry

struct ParallelMap: Chapter {
  let title = "Parallel map"

  // shown
  let square = Function { (x: Int) in x * x }

  func run() async throws {
    // Inputs run in parallel, each in some container; outputs come in the inputs' order.
    let results = try await square.map([1, 2, 3, 4]).collect()
    print(results)
  }
  // end shown
}

struct MultipleArguments: Chapter {
  let title = "Multiple arguments"

  // shown
  let multiply = Function { (a: Int, b: Int) in a * b }

  func run() async throws {
    // One sequence for each argument; the shortest ends the map.
    let results = try await multiply.map([1, 2, 3], [10, 20, 30]).collect()
    print(results)
  }
  // end shown
}

struct OrderingOutputs: Chapter {
  let title = "Ordering outputs"

  // shown
  let nap = Function(options: .init(maxContainers: 3)) { (milliseconds: Int) async throws in
    try await Task.sleep(for: .milliseconds(milliseconds))
    return milliseconds
  }

  func run() async throws {
    for try await rested in nap.map([500, 10, 250]) { print("in order:", rested) }
    // As they complete: nobody waits for the slow one.
    for try await rested in nap.map([500, 10, 250], orderOutputs: false) { print("as done:", rested) }
  }
  // end shown
}

struct ExceptionsAsValues: Chapter {
  let title = "Exceptions as values"

  // shown
  struct DivisionByZero: Error {}

  let divide = Function { (a: Double, b: Double) throws in
    if b == 0 { throw DivisionByZero() }
    return a / b
  }

  func run() async throws {
    for try await (index, result) in divide.map([10, 20, 30], [2, 0, 5]).results.indexed {
      switch result {
      case .success(let quotient): print("Input \(index) result: \(quotient)")
      case .failure(let error): print("Input \(index) failed: \(error)")
      }
    }
  }
  // end shown
}

struct Starmap: Chapter {
  let title = "Starmap"

  // shown
  let add = Function { (a: Int, b: Int, c: Int) in a + b + c }

  func run() async throws {
    // Each tuple is the arguments of one call.
    let results = try await add.starmap([(1, 2, 3), (4, 5, 6), (7, 8, 9)]).collect()
    print(results)
  }
  // end shown
}

struct ForEach: Chapter {
  let title = "For each"

  // shown
  let process = Function { (item: Int) in
    print("Processing \(item)")  // in the container, on the program's standard output
  }

  func run() async throws {
    try await process.forEach([1, 2, 3, 4, 5])
    print("all done")
  }
  // end shown
}
