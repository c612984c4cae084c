// Bodies without a state in every shape: called or not by name, synchronous or not, throwing or not, with one argument
// or several, and a value, a tuple or nothing as their result. Held by the app of Contract.swift, which runs all.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry

func square(_ x: Int) -> Int { x * x }
func slowSquare(_ x: Int) async -> Int { x * x }
func parsed(_ text: String) throws -> Int {
  guard let number = Int(text) else { throw Refusal(text: text) }
  return number
}
func product(_ a: Int, _ b: Int) -> Int { a * b }
func swapped(_ a: Int, _ b: String) async throws -> (String, Int) { (b, a) }
func halves(_ x: Int) -> (Int, Int) { (x / 2, x - x / 2) }
func forget(_ x: Int) {}
func first<Element: Payload>(_ elements: [Element]) -> Element? { elements.first }

struct Refusal: Error, Codable { var text: String }

struct Scale: Sendable {
  var factor: Int
  func apply(_ x: Int) -> Int { x * factor }
  static func twice(_ x: Int) -> Int { x * 2 }
}

/// Synchronous bodies.
struct SyncShapes: Sendable {
  let value = Function { (x: Int) in x + 1 }
  let throwing = Function { (x: Int) throws in x + 1 }
  let values = Function { (a: Int, b: Int, c: Int) in a + b + c }
  let mixed = Function { (name: String, count: Int) -> String in String(repeating: name, count: count) }
  let tuple = Function { (x: Int) in (x, "\(x)") }
  let triple = Function { (x: Int) in (x, x, x) }
  let tuples = Function { (a: Int, b: String) in (b, a) }
  let nothing = Function { (x: Int) in _ = x }
  let nothings = Function { (a: Int, b: Int) in _ = a + b }
  let unit = Function { () in 7 }
  let discarding = Function { (x: Int) -> Void in
    var all = [1]
    all.append(x)
    if x > 3 { return }
    all.removeAll()
  }
  let several = Function { (x: Int) in
    let y = x * 2
    let z = y + 1
    return z
  }
  let branching = Function { (x: Int) -> Int? in
    if x > 3 { return nil }
    return x
  }
  let optional = Function { (x: Int?) in x ?? -1 }
  let switching = Function { (x: Int) in
    switch x {
    case 0: "zero"
    default: "more"
    }
  }
  let nested = Function { (rows: [[Double]]) in rows.map { $0.reduce(0, +) } }
  let keyed = Function { (words: [String]) in Dictionary(words.map { ($0, $0.count) }) { a, _ in a } }

  let named = Function("sync named") { (x: Int) in x + 1 }
  let namedWith = Function("sync options", options: .init(maxContainers: 1)) { (x: Int) in x + 1 }
  let optionsOnly = Function(options: .init(maxContainers: 1, chunking: .fixed(3))) { (x: Int) in x + 1 }
  let namedNil = Function(nil) { (x: Int) in x + 1 }
  let namedValues = Function("sync sum") { (a: Int, b: Int) in a + b }
  let namedTuple = Function("sync tuple") { (x: Int) in (x, "\(x)") }
  let namedTuples = Function("sync tuples") { (a: Int, b: String) in (b, a) }
  let namedNothing = Function("sync nothing") { (x: Int) in _ = x }
  let namedNothings = Function("sync nothings") { (a: Int, b: Int) in _ = a + b }

  func check() async throws {
    expectEqual(try await value.remote(1), 2)
    expectEqual(try await throwing.remote(1), 2)
    expectEqual(try await values.remote(1, 2, 3), 6)
    expectEqual(try await mixed.remote("ab", 2), "abab")
    expect(try await tuple.remote(4) == (4, "4"))
    expect(try await triple.remote(4) == (4, 4, 4))
    expect(try await tuples.remote(4, "x") == ("x", 4))
    try await nothing.remote(1)
    try await nothings.remote(1, 2)
    expectEqual(try await unit.remote(), 7)
    try await discarding.remote(5)
    expectEqual(try await several.remote(2), 5)
    expectEqual(try await branching.map([1, 5]).collect(), [1, nil])
    expectEqual(try await optional.map([1, nil]).collect(), [1, -1])
    expectEqual(try await switching.remote(0), "zero")
    expectEqual(try await nested.remote([[1, 2], []]), [3, 0])
    expectEqual(try await keyed.remote(["a", "bc"]), ["a": 1, "bc": 2])
    for function in [named, namedWith, optionsOnly, namedNil] {
      expectEqual(try await function.remote(1), 2)
    }
    expectEqual(try await namedValues.remote(1, 2), 3)
    expect(try await namedTuple.remote(1) == (1, "1"))
    expect(try await namedTuples.remote(1, "x") == ("x", 1))
    try await namedNothing.remote(1)
    try await namedNothings.remote(1, 2)
  }
}

/// Asynchronous bodies.
struct AsyncShapes: Sendable {
  let value = Function { (x: Int) async in await slowSquare(x) }
  let throwing = Function { (x: Int) async throws -> Int in
    try await Task.sleep(for: .microseconds(10))
    return x * x
  }
  let values = Function { (a: Int, b: Int) in await slowSquare(a) + b }
  let tuple = Function { (x: Int) in (await slowSquare(x), "\(x)") }
  let tuples = Function { (a: Int, b: String) async in (b, await slowSquare(a)) }
  let nothing = Function { (x: Int) async in _ = await slowSquare(x) }
  let nothings = Function { (a: Int, b: Int) in await Task.yield() }

  let named = Function("async named") { (x: Int) async in await slowSquare(x) }
  let namedValues = Function("async sum") { (a: Int, b: Int) async throws in await slowSquare(a) + b }
  let namedTuple = Function("async tuple") { (x: Int) async in (await slowSquare(x), "\(x)") }
  let namedTuples = Function("async tuples") { (a: Int, b: String) async in (b, await slowSquare(a)) }
  let namedNothing = Function("async nothing") { (x: Int) async in _ = await slowSquare(x) }
  let namedNothings = Function("async nothings") { (a: Int, b: Int) async in await Task.yield() }

  func check() async throws {
    for function in [value, throwing, named] { expectEqual(try await function.remote(3), 9) }
    for function in [values, namedValues] { expectEqual(try await function.remote(3, 1), 10) }
    for function in [tuple, namedTuple] { expect(try await function.remote(3) == (9, "3")) }
    for function in [tuples, namedTuples] { expect(try await function.remote(3, "x") == ("x", 9)) }
    for function in [nothing, namedNothing] { try await function.remote(3) }
    for function in [nothings, namedNothings] { try await function.remote(3, 4) }
  }
}

/// What is no closure: functions, methods, initializers, key paths, values of function type.
struct References: Sendable {
  let function = Function(square)
  let named = Function("a square", square)
  let slow = Function(slowSquare)
  let throwing = Function(parsed)
  let two = Function(product)
  let namedTwo = Function("a product", product)
  let slowTwo = Function("a swap", swapped)
  let tuple = Function(halves)
  let nothing = Function(forget)
  let generic = Function("a first", first as @Sendable ([Int]) -> Int?)
  let initializer = Function(Int.init(_:) as @Sendable (Double) -> Int)
  let plainInitializer: Function<Double, Int> = Function(Int.init)
  let failable = Function<String, Int?>("a number", Int.init)
  let ofAString = Function { Int($0 as String) }
  let keyPath = Function(\String.count)
  let namedKeyPath = Function("a count", \[Int].count)
  let method = Function(Scale(factor: 3).apply)
  let ofAType = Function(Scale.twice)
  let trailing = Function(options: .init(maxContainers: 1), square)

  func check() async throws {
    for function in [function, named, slow, trailing] { expectEqual(try await function.remote(3), 9) }
    expectEqual(try await throwing.remote("3"), 3)
    for function in [two, namedTwo] {
      expectEqual(try await function.map([1, 2], [3, 4]).collect(), [3, 8])
    }
    expect(try await slowTwo.remote(1, "x") == ("x", 1))
    expect(try await tuple.remote(5) == (2, 3))
    try await nothing.remote(1)
    expectEqual(try await generic.remote([4, 5]), 4)
    expectEqual(try await initializer.remote(4.5), 4)
    expectEqual(try await plainInitializer.remote(4.5), 4)
    expectEqual(try await failable.map(["1", "x"]).collect(), [1, nil])
    expectEqual(try await ofAString.map(["1", "x"]).collect(), [1, nil])
    expectEqual(try await keyPath.map(["a", "bcd"]).collect(), [1, 3])
    expectEqual(try await namedKeyPath.remote([1, 2]), 2)
    expectEqual(try await method.remote(2), 6)
    expectEqual(try await ofAType.remote(2), 4)
  }
}
