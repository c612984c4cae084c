// W1, W2 and W12: so little work an input that all of the time is Gantry's own.

import Gantry
import Workloads

/// Functions of whole numbers, and the workloads that call them.
struct Numbers {
  let squares: Function<Int, Int>
  let sums: Function<(Int, Int), Int>

  init(_ plan: Plan) {
    let options = FunctionOptions(plan)
    squares = Function("square", options: options) { (x: Int) in square(x) }
    sums = Function("combine", options: options) { (a: Int, b: Int) in combine(a, b) }
  }

  /// Containers are there, and their chunks of the size they will be.
  private func warmUp() async throws {
    for _ in 0..<2 { _ = try await squares.map(Array(0..<500_000)).collect() }
  }

  func collect(_ plan: Plan) async throws -> Measures {
    try await warmUp()
    let inputs = Array(0..<plan.count)
    let start = nanoseconds()
    let outputs = try await squares.map(inputs).collect()
    let elapsed = seconds(since: start)
    checkSquares(outputs, count: plan.count)
    return ["seconds": elapsed, "n": Double(plan.count)]
  }

  /// What every iteration has to come to.
  private func summed(_ plan: Plan, _ iterate: ([Int]) async throws -> Int) async throws -> Measures {
    try await warmUp()
    let inputs = Array(0..<plan.count)
    let start = nanoseconds()
    let sum = try await iterate(inputs)
    let elapsed = seconds(since: start)
    guard sum == sumOfSquares(below: plan.count) else { stop("The outputs do not have the right sum.") }
    return ["seconds": elapsed, "n": Double(plan.count)]
  }

  func iterate(_ plan: Plan) async throws -> Measures {
    try await summed(plan) { inputs in
      var sum = 0
      for try await batch in squares.map(inputs).batches { for output in batch { sum &+= output } }
      return sum
    }
  }

  func elements(_ plan: Plan) async throws -> Measures {
    try await summed(plan) { inputs in
      var sum = 0
      for try await output in squares.map(inputs) { sum &+= output }
      return sum
    }
  }

  func unordered(_ plan: Plan) async throws -> Measures {
    try await summed(plan) { inputs in
      var sum = 0
      for try await batch in squares.map(inputs, orderOutputs: false).batches {
        for output in batch { sum &+= output }
      }
      return sum
    }
  }

  func forEach(_ plan: Plan) async throws -> Measures {
    try await warmUp()
    let inputs = Array(0..<plan.count)
    let start = nanoseconds()
    try await squares.forEach(inputs)
    return ["seconds": seconds(since: start), "n": Double(plan.count)]
  }

  func two(_ plan: Plan) async throws -> Measures {
    let first = Array(0..<plan.count)
    let second = Array(1...plan.count)
    _ = try await sums.map(first.prefix(500_000), second.prefix(500_000)).collect()
    let start = nanoseconds()
    let outputs = try await sums.map(first, second).collect()
    let elapsed = seconds(since: start)
    guard outputs.count == plan.count, zip(0..., outputs).allSatisfy({ $1 == combine($0, $0 + 1) }) else {
      stop("The outputs of two arguments are wrong.")
    }
    return ["seconds": elapsed, "n": Double(plan.count)]
  }

  /// So many inputs that neither they nor their outputs may be kept, and what the program has grown by.
  func stream(_ plan: Plan) async throws -> Measures {
    try await warmUp()
    let before = residentBytes()
    var most = before
    let start = nanoseconds()
    var sum = 0
    for try await batch in squares.map(0..<plan.count).batches {
      for output in batch { sum &+= output }
      if batch[0] & 0xff == 0 { most = max(most, residentBytes()) }
    }
    let elapsed = seconds(since: start)
    guard sum == sumOfSquares(below: plan.count) else { stop("The outputs do not have the right sum.") }
    return [
      "seconds": elapsed, "n": Double(plan.count), "per_input": elapsed / Double(plan.count),
      "growth_bytes": Double(most - before),
    ]
  }

  /// Many maps at once, which share the inputs between them.
  func maps(_ plan: Plan) async throws -> Measures {
    try await warmUp()
    let maps = plan.number("maps", or: 8)
    let share = plan.count / maps
    let start = nanoseconds()
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<maps { group.addTask { try await squares.map(Array(0..<share)).collect().count } }
      return try await group.reduce(0, +)
    }
    let elapsed = seconds(since: start)
    guard count == share * maps else { stop("Outputs are missing.") }
    return ["seconds": elapsed, "n": Double(count)]
  }
}
