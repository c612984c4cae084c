// The shapes of Codable types that the fuzzers send: synthesized, hand-written, and awkward.

@testable import GantryWire

/// Sends any Codable value through the Codable coding: small structs would otherwise travel as their memory.
struct Coded<Value: Codable & Sendable>: Payload {
  let value: Value

  init(_ value: Value) { self.value = value }

  init(from decoder: inout PayloadDecoder) throws {
    value = try CodableCoding.decode(Value.self, from: &decoder)
  }

  func encode(into encoder: inout PayloadEncoder) { CodableCoding.encode(value, into: &encoder) }
}

extension Coded: Equatable where Value: Equatable {}
extension Coded: Hashable where Value: Hashable {}

struct Point: Codable, Hashable {
  var x: Int
  var y: Int
}

enum Level: String, Codable, CodingKeyRepresentable {
  case low
  case high
}

struct Page: Payload, Codable, Equatable {
  var title: String
  var words: [String]
  var numbers: [Int32]
  var flag: Bool
  var points: [Point]
  var byName: [String: Point]
  var byPoint: [Point: Int]
  var maybe: Int?
  var absent: String?
  var nested: Int??
  var set: Set<Int>
  var tree: Tree?

  static var sample: Page {
    Page(
      title: "On rings", words: ["a", "bc", ""], numbers: [1, -2], flag: true, points: [Point(x: 1, y: 2)],
      byName: ["one": Point(x: 1, y: 1)], byPoint: [Point(x: 0, y: 0): 5], maybe: 7, absent: nil,
      nested: .some(.none), set: [1, 2, 3], tree: .leaf(1))
  }
}

enum Shape: Codable, Equatable {
  case empty
  case circle(radius: Double)
  case polygon(points: [Point], closed: Bool)
  case labelled(String, Int)
}

indirect enum Tree: Payload, Codable, Equatable {
  case leaf(Int)
  case node(Tree, Tree)
}

class Animal: Codable {
  var name: String

  init(name: String) { self.name = name }
}

/// Writes its superclass into a container of its own, between its other keys.
final class Dog: Animal, Payload, @unchecked Sendable {  // One thread alone touches it.
  var tricks: [String]
  private enum CodingKeys: String, CodingKey { case tricks, last }

  init(name: String, tricks: [String]) {
    self.tricks = tricks
    super.init(name: name)
  }

  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    tricks = try container.decode([String].self, forKey: .tricks)
    try super.init(from: container.superDecoder())
    _ = try container.decode(Int.self, forKey: .last)
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(tricks, forKey: .tricks)
    let parent = container.superEncoder()
    try container.encode(1, forKey: .last)
    try super.encode(to: parent)
  }
}

/// Shares one keyed container with its superclass.
final class Cat: Animal, Payload, @unchecked Sendable {  // One thread alone touches it.
  var lives: Int
  private enum CodingKeys: String, CodingKey { case lives }

  init(name: String, lives: Int) {
    self.lives = lives
    super.init(name: name)
  }

  required init(from decoder: any Decoder) throws {
    lives = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .lives)
    try super.init(from: decoder)
  }

  override func encode(to encoder: any Encoder) throws {
    try super.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lives, forKey: .lives)
  }
}

/// Writes two nested containers in turn, which no single run of bytes can hold in that order.
struct Interleaved: Payload, Codable, Equatable {
  var a: Int
  var b: Int
  var c: Int
  private enum Keys: String, CodingKey { case first, second, value, more }

  init(a: Int, b: Int, c: Int) {
    self.a = a
    self.b = b
    self.c = c
  }

  // Its memory would do as well, and is not what is to be tried here.
  static var isBitwise: Bool { false }
  init(from decoder: inout PayloadDecoder) throws { self = try decoder.decode(Coded<Self>.self).value }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(Coded(self)) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let second = try container.nestedContainer(keyedBy: Keys.self, forKey: .second)
    let first = try container.nestedContainer(keyedBy: Keys.self, forKey: .first)
    a = try first.decode(Int.self, forKey: .value)
    c = try first.decode(Int.self, forKey: .more)
    b = try second.decode(Int.self, forKey: .value)
    _ = try container.decode(String.self, forKey: .value)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    var first = container.nestedContainer(keyedBy: Keys.self, forKey: .first)
    var second = container.nestedContainer(keyedBy: Keys.self, forKey: .second)
    try first.encode(a, forKey: .value)
    try container.encode("between", forKey: .value)
    try second.encode(b, forKey: .value)
    try first.encode(c, forKey: .more)
  }
}

/// Encodes an array as a value and decodes it element by element, and the other way round; reads keys backwards.
struct Mixture: Payload, Codable, Equatable {
  var numbers: [Int]
  var texts: [String]
  private enum Keys: String, CodingKey { case numbers, texts, junk, missing }

  init(numbers: [Int], texts: [String]) {
    self.numbers = numbers
    self.texts = texts
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    guard !container.contains(.missing), container.allKeys.count == 3 else {
      throw PayloadError("The keys are wrong.")
    }
    texts = try container.decode([String].self, forKey: .texts)
    var list = try container.nestedUnkeyedContainer(forKey: .numbers)
    numbers = []
    while !list.isAtEnd { numbers.append(try list.decode(Int.self)) }
    guard try container.decodeNil(forKey: .junk) else { throw PayloadError("The junk is wrong.") }
    _ = try container.decodeIfPresent(Int.self, forKey: .missing)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(numbers, forKey: .numbers)
    try container.encodeNil(forKey: .junk)
    var list = container.nestedUnkeyedContainer(forKey: .texts)
    for text in texts { try list.encode(text) }
  }
}

struct Numbers: Payload, Codable {
  var a: Int8
  var b: UInt16
  var c: Int32
  var d: UInt64
  var e: Float
  var f: Double
  var g: Int128
  var h: UInt128
  var i: Int

  init(a: Int8, b: UInt16, c: Int32, d: UInt64, e: Float, f: Double, g: Int128, h: UInt128, i: Int) {
    (self.a, self.b, self.c, self.d, self.e, self.f, self.g, self.h, self.i) = (a, b, c, d, e, f, g, h, i)
  }

  // As above.
  static var isBitwise: Bool { false }
  init(from decoder: inout PayloadDecoder) throws { self = try decoder.decode(Coded<Self>.self).value }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(Coded(self)) }
}

/// Asks everything there is to ask, goes on after failures, and keeps its containers beyond their time.
struct Rambling: Payload, Codable {
  var words: [String]
  private enum Keys: String, CodingKey { case words, rest, more }

  init(words: [String]) { self.words = words }

  init(from decoder: any Decoder) throws {
    words = []
    if let single = try? decoder.singleValueContainer() {
      _ = single.decodeNil()
      _ = try? single.decode([Int].self)
      _ = try? single.decode(Point.self)
    }
    if var list = try? decoder.unkeyedContainer() {
      _ = list.count
      while !list.isAtEnd, words.count < 64 {
        if (try? list.decodeNil()) == true { continue }
        if let word = try? list.decode(String.self) { words.append(word) } else { break }
      }
      _ = try? list.superDecoder()
    }
    guard let container = try? decoder.container(keyedBy: Keys.self) else { return }
    for key in container.allKeys {
      _ = container.contains(key)
      _ = try? container.decodeNil(forKey: key)
      _ = try? container.decodeIfPresent(Double.self, forKey: key)
      _ = try? container.nestedContainer(keyedBy: Keys.self, forKey: key).allKeys
      _ = try? container.nestedUnkeyedContainer(forKey: key).count
      if let child = try? container.superDecoder(forKey: key) { _ = try? Point(from: child) }
    }
    words += (try? container.decode([String].self, forKey: .words)) ?? []
    words += (try? container.decode(Rambling.self, forKey: .rest))?.words ?? []
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(words, forKey: .words)
    try container.encodeNil(forKey: .more)
  }
}
