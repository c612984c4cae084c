// The shapes of Codable types that the tests send: synthesized, hand-written, and awkward.

import GantryWire

struct Point: Codable, Hashable, Sendable {
  var x: Int
  var y: Int
}

struct Page: Payload, Codable, Equatable {
  var title: String
  var words: [String]
  var numbers: [Double]
  var flag: Bool
  var points: [Point]
  var byName: [String: Point]
  var byPoint: [Point: Int]
  var maybe: Int?
  var absent: String?
  var nested: Int??
  var set: Set<Int>

  static var sample: Page {
    Page(
      title: "On rings", words: ["a", "bc", ""], numbers: [1.5, -2], flag: true,
      points: [Point(x: 1, y: 2), Point(x: 300, y: -70_000)],
      byName: ["one": Point(x: 1, y: 1), "two": Point(x: 2, y: 2)],
      byPoint: [Point(x: 0, y: 0): 5], maybe: 7, absent: nil, nested: .some(.none), set: [1, 2, 3])
  }
}

enum Shape: Payload, Codable, Equatable {
  case empty
  case circle(radius: Double)
  case polygon(points: [Point], closed: Bool)
  case labelled(String, Int)
}

indirect enum Tree: Payload, Codable, Equatable {
  case leaf(Int)
  case node(Tree, Tree)

  static var sample: Tree { .node(.node(.leaf(1), .leaf(2)), .leaf(3)) }
}

class Animal: Codable {
  var name: String

  init(name: String) {
    self.name = name
  }
}

/// Writes its superclass into a container of its own, between its other keys.
final class Dog: Animal, Payload, @unchecked Sendable {  // Only the tests' own thread touches it.
  var tricks: [String]
  private enum CodingKeys: String, CodingKey {
    case tricks
    case last
  }

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
final class Cat: Animal, Payload, @unchecked Sendable {  // Only the tests' own thread touches it.
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

/// Encodes an array as a value and decodes it element by element, and the other way round; reads keys
/// backwards.
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
    guard try container.decodeIfPresent(Int.self, forKey: .missing) == nil else {
      throw PayloadError("The missing key is there.")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(numbers, forKey: .numbers)
    try container.encodeNil(forKey: .junk)
    var list = container.nestedUnkeyedContainer(forKey: .texts)
    for text in texts { try list.encode(text) }
  }

  static var sample: Mixture {
    Mixture(numbers: [1, -2, 1 << 40], texts: ["x", "", "long enough to be native"])
  }
}

/// Encodes nothing, by mistake.
struct Mute: Payload, Codable {
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}
}

struct Holder: Payload, Codable {
  var inner: [Mute]
}

/// Has no properties, and is still a value.
struct Blank: Payload, Codable, Equatable {}

/// Swallows the failure of one of its fields, and goes on.
struct Forgiving: Payload, Codable, Equatable {
  var before = 1
  var after = Point(x: 3, y: 4)
  private enum Keys: String, CodingKey { case before, bad, after }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    before = try container.decode(Int.self, forKey: .before)
    after = try container.decode(Point.self, forKey: .after)
    guard !container.contains(.bad) else { throw PayloadError("The failed field is there.") }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(before, forKey: .before)
    try? container.encode(Holder(inner: [Mute()]), forKey: .bad)
    try container.encode(after, forKey: .after)
  }
}

enum Level: String, Payload, Codable {
  case low
  case high
}

struct Numbers: Payload, Codable, Equatable {
  var a: Int8
  var b: UInt16
  var c: Int32
  var d: UInt64
  var e: Float
  var f: Double
  var g: Int128
  var h: UInt128
  var i: Int
}
