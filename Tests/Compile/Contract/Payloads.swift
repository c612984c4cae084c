// What travels: the payloads of the documentation, every built-in kind, and one that writes its own coding.
// Held by the app of Contract.swift, which runs all.

import Gantry

struct Pixel: Payload, BitwiseCopyable { var r, g, b: UInt8 }
// swift-format-ignore
struct Page: Payload, Codable { var title: String; var words: [String] }

/// Codable and bitwise: copied as memory.
struct Point: Payload, Codable, BitwiseCopyable, Hashable {
  var x: Int
  var y: Double
}

/// An enumeration, by its raw value.
enum Suit: String, Payload, Codable { case hearts, spades }

/// An enumeration with values.
enum Shape: Payload, Codable, Equatable {
  case circle(radius: Double)
  case square
}

/// A class that does not change.
final class Leaf: Payload, Codable {
  let name: String
  init(name: String) { self.name = name }
}

/// Writes its own coding.
struct Ratio: Payload, Equatable {
  var over: Int
  var under: Int

  init(_ over: Int, _ under: Int) {
    self.over = over
    self.under = under
  }

  func encode(into e: inout PayloadEncoder) {
    over.encode(into: &e)
    under.encode(into: &e)
  }

  init(from d: inout PayloadDecoder) throws {
    over = try Int(from: &d)
    under = try Int(from: &d)
  }
}

/// A payload of payloads of any kind.
struct Box<Content: Payload & Codable & Equatable>: Payload, Codable, Equatable { var content: Content }

/// A function of any payload.
func echo<Value: Payload>(_ name: String, of type: Value.Type = Value.self) -> Function<Value, Value> {
  Function(name) { (value: Value) in value }
}

func table<Key: Payload & Hashable, Value: Payload>(
  _ body: @escaping @Sendable (Key) throws -> Value
) -> Function<Key, [Key: Value]> {
  Function { (key: Key) in [key: try body(key)] }
}

struct Payloads: Sendable {
  let grey = Function { (pixel: Pixel) in Int(pixel.r) + Int(pixel.g) + Int(pixel.b) }
  let pages = Function { (page: Page) in Page(title: page.title, words: page.words.sorted()) }
  let points = Function { (points: [Point]) in Set(points) }
  let suits = Function { (suit: Suit) in [suit: suit.rawValue] }
  let shapes = Function { (shape: Shape) -> Shape? in shape == .square ? nil : shape }
  let leaves = Function { (leaf: Leaf) in leaf.name }
  let ratios = Function { (ratio: Ratio) in Ratio(ratio.under, ratio.over) }
  let boxes = Function { (box: Box<Int>) in Box(content: "\(box.content)") }
  let lengths = table { (text: String) in text.count }
  let ints = echo("echo of Int", of: Int.self)
  let texts: Function<String, String> = echo("echo of String")

  let integers = Function { (a: Int8, b: Int16, c: Int32, d: Int64, e: UInt, f: UInt8, g: UInt16) in
    Int64(a) + Int64(b) + Int64(c) + d + Int64(e) + Int64(f) + Int64(g)
  }
  let wide = Function { (a: UInt32, b: UInt64, c: Int128, d: UInt128) in
    Int128(a) + Int128(b) + c + Int128(d)
  }
  let floats = Function { (a: Float, b: Double, c: Bool) in c ? Double(a) + b : 0 }
  let words = Function { (a: String, b: Substring, c: Character) in (a + b, Substring(a), c) }
  let ranges = Function { (a: Range<Int>, b: ClosedRange<Double>) in (a, b, Duration.seconds(a.count)) }
  let collections = Function { (a: [String: [Int]], b: Set<String>, c: ArraySlice<Int>, d: Int??) in
    (a, b, c, d)
  }
  let vectors = Function { (a: SIMD4<Float>) in a + a }
  let result = Function { (x: Int) -> Result<Int, Failing> in x > 0 ? .success(x) : .failure(Failing(x: x)) }

  struct Failing: Error, Payload, Codable, Equatable { var x: Int }

  func check() async throws {
    expectEqual(try await grey.map([Pixel(r: 1, g: 2, b: 3)]).collect(), [6])
    expectEqual(try await pages.remote(Page(title: "a", words: ["c", "b"])).words, ["b", "c"])
    expectEqual(try await points.remote([Point(x: 1, y: 2)]), [Point(x: 1, y: 2)])
    expectEqual(try await suits.remote(.spades), [.spades: "spades"])
    expectEqual(try await shapes.map([.square, .circle(radius: 1)]).collect(), [nil, .circle(radius: 1)])
    expectEqual(try await leaves.remote(Leaf(name: "oak")), "oak")
    expectEqual(try await ratios.remote(Ratio(1, 2)), Ratio(2, 1))
    expectEqual(try await boxes.remote(Box(content: 3)), Box(content: "3"))
    expectEqual(try await lengths.remote("abc"), ["abc": 3])
    expectEqual(try await ints.remote(3), 3)
    expectEqual(try await texts.remote("x"), "x")
    expectEqual(try await integers.remote(1, 2, 3, 4, 5, 6, 7), 28)
    expectEqual(try await wide.remote(1, 2, 3, 4), 10)
    expectEqual(try await floats.remote(1, 2, true), 3)
    expect(try await words.remote("ab", "cd", "e") == ("abcd", "ab", "e"))
    expect(try await ranges.remote(0..<3, 0...1) == (0..<3, 0...1, .seconds(3)))
    let (a, b, c, d) = try await collections.remote(["a": [1]], Set(["b"]), [1, 2][...], .some(nil))
    expect(a == ["a": [1]] && b == ["b"] && c == [1, 2] && d == .some(nil))
    expectEqual(try await vectors.remote([1, 2, 3, 4]), [2, 4, 6, 8])
    expectEqual(try await result.map([1, 0]).collect(), [.success(1), .failure(Failing(x: 0))])
  }
}
