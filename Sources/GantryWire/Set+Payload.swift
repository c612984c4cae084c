// Hashed collections as a count and their elements or pairs; duplicates on arrival are refused as corrupt.

extension Set: Payload where Element: Payload {
  /// A set is a reference to its elements, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the elements in no particular order.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(count: count)
    guard encoder.enterNesting(of: Self.self) else { return }
    let start = encoder.used
    for element in self { element.encode(into: &encoder) }
    encoder.padRun(of: count, from: start)
    encoder.depth &-= 1
  }

  /// Reads the elements and hashes them anew.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    var elements: Self = []
    try decoder.decodeRun(Element.self) {
      elements.reserveCapacity($0)
    } _: { element in
      guard elements.insert(element).inserted else {
        throw PayloadError.malformed(Self.self, "an element occurs twice")
      }
    }
    self = elements
  }
}

extension Dictionary: Payload where Key: Payload, Value: Payload {
  /// A dictionary is a reference to its pairs, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the pairs in no particular order.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(count: count)
    guard encoder.enterNesting(of: Self.self) else { return }
    let start = encoder.used
    for (key, value) in self {
      key.encode(into: &encoder)
      value.encode(into: &encoder)
    }
    encoder.padRun(of: count, from: start)
    encoder.depth &-= 1
  }

  /// Reads the pairs and hashes the keys anew.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    let count = try decoder.readCount()
    try decoder.enterNesting(of: Self.self)
    let start = decoder.offset
    let stride = MemoryLayout<Key>.stride &+ MemoryLayout<Value>.stride
    var pairs: Self = [:]
    pairs.reserveCapacity(decoder.modestCapacity(for: count, stride: stride))
    for _ in 0..<count {
      let key = try Key(from: &decoder)
      guard pairs.updateValue(try Value(from: &decoder), forKey: key) == nil else {
        throw PayloadError.malformed(Self.self, "a key occurs twice")
      }
    }
    try decoder.skipRunPadding(of: count, from: start)
    decoder.depth &-= 1
    self = pairs
  }
}
