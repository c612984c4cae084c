// The unkeyed container of the binary coding, read: values one after the other.

/// Reads elements in the order they were written.
struct UnkeyedReader: UnkeyedDecodingContainer {
  let decoder: CodableDecoder
  let prefix: [any CodingKey]
  private let start: Int
  private let end: Int
  private var next: Int
  private(set) var currentIndex = 0

  init(decoder: CodableDecoder, value: CodableValue, prefix: [any CodingKey]) {
    self.decoder = decoder
    self.prefix = prefix
    start = value.start
    end = value.end
    next = value.start
  }

  var codingPath: [any CodingKey] { decoder.codingPath + prefix }

  var isAtEnd: Bool { next >= end }

  /// Counted on demand by stepping over the values; nil where they are corrupt.
  var count: Int? {
    var offset = start
    var count = 0
    while offset < end {
      guard let value = try? decoder.value(at: offset, limit: end) else { return nil }
      offset = value.end
      count += 1
    }
    return count
  }

  mutating func decodeNil() throws -> Bool {
    let value = try peek(Never?.self)
    guard value.kind == .null else { return false }
    step(over: value)
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let value = try peek(T.self)
    let decoded = try decoder.decodeValue(
      T.self, value, key: CodableKey(intValue: currentIndex), prefix: prefix)
    step(over: value)
    return decoded
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    let value = try peek(KeyedDecodingContainer<NestedKey>.self)
    let nested: KeyedDecodingContainer<NestedKey> = try decoder.keyedContainer(value, prefix: nestedPrefix)
    step(over: value)
    return nested
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let value = try peek((any UnkeyedDecodingContainer).self)
    let nested = try decoder.unkeyedContainer(value, prefix: nestedPrefix)
    step(over: value)
    return nested
  }

  mutating func superDecoder() throws -> any Decoder {
    let value = try peek((any Decoder).self)
    let nested = decoder.child(value, prefix: nestedPrefix)
    step(over: value)
    return nested
  }

  private var nestedPrefix: [any CodingKey] { prefix + [CodableKey(intValue: currentIndex)] }

  @inline(__always)
  private func peek(_ type: Any.Type) throws -> CodableValue {
    guard next < end else { throw exhausted(type) }
    return try decoder.value(at: next, limit: end)
  }

  @inline(__always)
  private mutating func step(over value: CodableValue) {
    next = value.end
    currentIndex &+= 1
  }

  @inline(never)
  private func exhausted(_ type: Any.Type) -> any Error {
    DecodingError.valueNotFound(
      type,
      .init(
        codingPath: codingPath + [CodableKey(intValue: currentIndex)],
        debugDescription: "Only \(currentIndex) elements were written."))
  }
}

extension UnkeyedReader {
  mutating func decode(_ type: Bool.Type) throws -> Bool {
    let value = try peek(Bool.self)
    let decoded = try decoder.boolean(value)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: String.Type) throws -> String {
    let value = try peek(String.self)
    let decoded = try decoder.text(value)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Double.Type) throws -> Double {
    let value = try peek(Double.self)
    let decoded = try decoder.double(value)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Float.Type) throws -> Float {
    let value = try peek(Float.self)
    let decoded = try decoder.float(value)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int.Type) throws -> Int {
    let value = try peek(Int.self)
    let decoded = try decoder.integer(value, as: Int.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int8.Type) throws -> Int8 {
    let value = try peek(Int8.self)
    let decoded = try decoder.integer(value, as: Int8.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int16.Type) throws -> Int16 {
    let value = try peek(Int16.self)
    let decoded = try decoder.integer(value, as: Int16.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int32.Type) throws -> Int32 {
    let value = try peek(Int32.self)
    let decoded = try decoder.integer(value, as: Int32.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int64.Type) throws -> Int64 {
    let value = try peek(Int64.self)
    let decoded = try decoder.integer(value, as: Int64.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt.Type) throws -> UInt {
    let value = try peek(UInt.self)
    let decoded = try decoder.integer(value, as: UInt.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
    let value = try peek(UInt8.self)
    let decoded = try decoder.integer(value, as: UInt8.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
    let value = try peek(UInt16.self)
    let decoded = try decoder.integer(value, as: UInt16.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
    let value = try peek(UInt32.self)
    let decoded = try decoder.integer(value, as: UInt32.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
    let value = try peek(UInt64.self)
    let decoded = try decoder.integer(value, as: UInt64.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: Int128.Type) throws -> Int128 {
    let value = try peek(Int128.self)
    let decoded = try decoder.integer(value, as: Int128.self)
    step(over: value)
    return decoded
  }

  mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
    let value = try peek(UInt128.self)
    let decoded = try decoder.integer(value, as: UInt128.self)
    step(over: value)
    return decoded
  }
}
