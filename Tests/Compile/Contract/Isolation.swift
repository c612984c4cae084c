// Callers on the main actor and on actors, whose state is read by closures that are a call's inputs.
// Held by the app of Contract.swift, which runs all.

import Gantry

struct Isolation: Sendable {
  let square = Function { (x: Int) in x * x }
  let multiply = Function { (a: Int, b: Int) in a * b }
  let note = Function { (x: Int) in _ = x }

  func check() async throws {
    try await Screen(self).show()
    expectEqual(try await Ledger(self).total(), 30)
    try await MainActor.run { Screen(self) }.spawned()
  }
}

/// A user interface.
@MainActor
final class Screen {
  private let functions: Isolation
  private var scale = 2
  private var shown: [Int] = []

  init(_ functions: Isolation) { self.functions = functions }

  func show() async throws {
    for try await output in functions.square.map([1, 2, 3]) { shown.append(output) }
    expectEqual(shown, [1, 4, 9])
    // Inputs made by closures over this object's state.
    expectEqual(try await functions.square.map((1...3).lazy.map { $0 * self.scale }).collect(), [4, 16, 36])
    expectEqual(
      try await functions.multiply.map(shown.lazy.map { $0 + self.scale }, 1...).collect(), [3, 12, 33])
    try await functions.note.forEach(shown.lazy.map { $0 * self.scale })
    try await functions.note.forEach(shown)
    for try await batch in functions.square.map(Countdown(2)).batches { shown += batch }
    expectEqual(try await functions.multiply.starmap(zip(shown, shown)).collect().count, 5)
    expectEqual(try await functions.square.remote(scale), 4)
    expectEqual(try await functions.square.local(scale), 4)
    let outcomes = try await functions.square.map(stream(1, 2)).outcomes.collect()
    expectEqual(outcomes.map(\.index), [0, 1])
  }

  func spawned() async throws {
    let call = try await functions.square.spawnMap(shown + [scale])
    try await call.wait()
    expectEqual(try await call.results().collect(), [4])
    let one = try await functions.square.spawn(scale)
    expectEqual(try await one.get(), 4)
    expectEqual(try await gather(functions.square.spawn(scale), functions.square.spawn(3)), [4, 9])
    let task = Task { try await functions.square.map([self.scale]).collect() }
    expectEqual(try await task.value, [4])
  }
}

/// An actor that holds functions and calls them.
actor Ledger {
  private let square: Function<Int, Int>
  private let own = Function("of an actor") { (x: Int) in x }
  private var entries = [1, 2, 3, 4]

  init(_ functions: Isolation) { square = functions.square }

  func total() async throws -> Int {
    var sum = 0
    for try await output in square.map(entries) { sum += output }
    try await square.forEach(entries)
    let call = try await square.spawnMap(entries)
    expectEqual(try await call.results().collect().reduce(0, +), sum)
    expectEqual(try await own.local(1), 1)
    return sum
  }
}
