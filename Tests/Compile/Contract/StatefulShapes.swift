// Bodies with a state in every shape: with and without a name, an exit, `await`; one argument or several; a value, a
// tuple or nothing as their result. Held by the app of Contract.swift, which runs all.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry

/// A model as a user would hold it: no Sendable class, loaded and closed asynchronously.
final class Model {
  private var labels = 0
  static func load() async throws -> Model {
    await Task.yield()
    return Model()
  }
  func label(_ text: String) -> String {
    labels += 1
    return "label of \(text)"
  }
  func close() async { labels = 0 }
}

/// State that may be shared.
actor Counter {
  private var count = 0
  func next() -> Int {
    count += 1
    return count
  }
}

struct StatefulShapes: Sendable {
  let classify = Function(enter: { try await Model.load() }, exit: { await $0.close() }) {
    (model: Model, text: String) in model.label(text)
  }
  let value = Function(enter: { 10 }) { (state: Int, x: Int) in state + x }
  let asyncValue = Function(enter: { Counter() }) { (state: Counter, x: Int) async in await state.next() + x }
  let throwing = Function(enter: { 10 }) { (state: Int, x: Int) async throws -> Int in
    try await Task.sleep(for: .microseconds(10))
    return state + x
  }
  let nothing = Function(enter: { 10 }) { (state: Int, x: Int) in _ = state + x }
  let asyncNothing = Function(enter: { 10 }) { (state: Int, x: Int) async in await Task.yield() }
  let tuple = Function(enter: { 10 }) { (state: Int, x: Int) in (state, "\(x)") }
  let asyncTuple = Function(enter: { 10 }) { (state: Int, x: Int) in (await slowSquare(state), "\(x)") }
  let values = Function(enter: { 10 }) { (state: Int, a: Int, b: Int) in state + a + b }
  let four = Function(enter: { "s" }) { (state: String, a: Int, b: Int, c: Int, d: Int) in
    state + "\(a)\(b)\(c)\(d)"
  }
  let asyncValues = Function(enter: { 10 }) { (state: Int, a: Int, b: Int) in await slowSquare(state) + a + b
  }
  let nothings = Function(enter: { 10 }) { (state: Int, a: Int, b: Int) in _ = state + a + b }
  let asyncNothings = Function(enter: { 10 }) { (state: Int, a: Int, b: Int) async in await Task.yield() }
  let tuples = Function(enter: { 10 }) { (state: Int, a: Int, b: String) in (b, state + a) }
  let asyncTuples = Function(enter: { 10 }) { (state: Int, a: Int, b: String) in (b, await slowSquare(a)) }

  let named = Function("with state", enter: { Model() }, exit: { _ in }) { (model: Model, text: String) in
    model.label(text)
  }
  let namedNothing = Function("state, nothing", enter: { Model() }) { (model: Model, text: String) in
    _ = model.label(text)
  }
  let namedValues = Function("state, two", enter: { Model() }) { (model: Model, text: String, x: Int) in
    model.label(text) + "\(x)"
  }
  let namedNothings = Function("state, two, nothing", enter: { Model() }) { (model: Model, a: Int, b: Int) in
    _ = model.label("\(a)")
  }
  let namedAsync = Function("state, async", enter: { Model() }, exit: { await $0.close() }) {
    (model: Model, text: String) async in
    await Task.yield()
    return model.label(text)
  }
  let namedAsyncNothing = Function("state, async, nothing", enter: { Counter() }) {
    (state: Counter, x: Int) async in _ = await state.next()
  }
  let namedAsyncValues = Function("state, async, two", enter: { Model() }) {
    (model: Model, a: String, b: Int) async -> String in model.label("\(a)\(b)")
  }
  let namedAsyncNothings = Function("state, async, two, nothing", enter: { Model() }) {
    (model: Model, a: String, b: Int) async -> Void in _ = model.label(a)
  }
  let withOptions = Function("state, options", options: .init(inputConcurrency: 4), enter: { Counter() }) {
    (state: Counter, x: Int) async in
    _ = await state.next()
    return x
  }
  let several = Function(options: .init(maxContainers: 1), enter: { [1, 2, 3] }, exit: { _ in }) {
    (state: [Int], index: Int) in
    guard state.indices.contains(index) else { return -1 }
    let found = state[index]
    return found * 2
  }

  func check() async throws {
    for function in [classify, named, namedAsync] {
      expectEqual(try await function.remote("x"), "label of x")
    }
    for function in [value, throwing] { expectEqual(try await function.remote(1), 11) }
    expectEqual(try await asyncValue.remote(1), 2)
    for function in [nothing, asyncNothing, namedAsyncNothing] { try await function.remote(1) }
    expect(try await tuple.remote(1) == (10, "1"))
    expect(try await asyncTuple.remote(1) == (100, "1"))
    expectEqual(try await values.remote(1, 2), 13)
    expectEqual(try await four.remote(1, 2, 3, 4), "s1234")
    expectEqual(try await asyncValues.remote(1, 2), 103)
    for function in [nothings, asyncNothings, namedNothings] { try await function.remote(1, 2) }
    expect(try await tuples.remote(1, "x") == ("x", 11))
    expect(try await asyncTuples.remote(2, "x") == ("x", 4))
    try await namedNothing.remote("x")
    expectEqual(try await namedValues.remote("x", 1), "label of x1")
    expectEqual(try await namedAsyncValues.remote("x", 1), "label of x1")
    try await namedAsyncNothings.remote("x", 1)
    expectEqual(try await withOptions.map(0..<20).collect(), Array(0..<20))
    expectEqual(try await several.map([0, 5]).collect(), [2, -1])
  }
}
