// The keyed container of the binary coding, read: fields by name, in the written order at the cost of one
// comparison. The standard library calls it through a box for every field of a Codable struct.

/// Reads the fields of one value.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  /// The one field, because the standard library copies a container for each call.
  let cursor: KeyedCursor

  private var decoder: CodableDecoder { cursor.decoder }
  private var prefix: [any CodingKey] { cursor.prefix }

  var codingPath: [any CodingKey] { decoder.codingPath + prefix }

  var allKeys: [Key] {
    ((try? cursor.allKeys()) ?? []).compactMap { Key(stringValue: $0) }
  }

  func contains(_ key: Key) -> Bool {
    ((try? cursor.find(key.stringValue, consuming: false)) ?? nil) != nil
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    try value(key, consuming: false).kind == .null
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    let value = try value(key)
    // Asked here, before the key is put in a box for the path.
    if try decoder.isQuick(T.self, value) { return try decoder.decodeQuickly(T.self, value) }
    return try decoder.decodeValue(T.self, value, key: key, prefix: prefix)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard var value = try cursor.find(key.stringValue, consuming: true) else { return nil }
    if value.kind == .null { return nil }
    if value.kind == .some { value = try decoder.value(at: value.start, limit: value.end) }
    return try decoder.decodeValue(T.self, value, key: key, prefix: prefix)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try decoder.keyedContainer(try value(key), prefix: prefix + [key])
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder.unkeyedContainer(try value(key), prefix: prefix + [key])
  }

  func superDecoder() throws -> any Decoder {
    try superDecoder(named: CodableKey.superKey)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    try superDecoder(named: key)
  }

  private func superDecoder(named key: any CodingKey) throws -> any Decoder {
    guard let value = try cursor.find(key.stringValue, consuming: true) else {
      throw missing(key)
    }
    return decoder.child(value, prefix: prefix + [key])
  }

  @inline(__always)
  private func value(_ key: Key, consuming: Bool = true) throws -> CodableValue {
    guard let value = try cursor.find(key.stringValue, consuming: consuming) else {
      throw missing(key)
    }
    return value
  }

  @inline(never)
  private func missing(_ key: any CodingKey) -> any Error {
    DecodingError.keyNotFound(
      key,
      .init(codingPath: codingPath, debugDescription: "No value was written for the key \(key.stringValue)."))
  }
}

extension KeyedReader {
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try decoder.boolean(value(key))
  }

  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try decoder.text(value(key))
  }

  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try decoder.double(value(key))
  }

  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    try decoder.float(value(key))
  }

  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try decoder.integer(value(key), as: Int.self)
  }

  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
    try decoder.integer(value(key), as: Int8.self)
  }

  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
    try decoder.integer(value(key), as: Int16.self)
  }

  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
    try decoder.integer(value(key), as: Int32.self)
  }

  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try decoder.integer(value(key), as: Int64.self)
  }

  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
    try decoder.integer(value(key), as: UInt.self)
  }

  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
    try decoder.integer(value(key), as: UInt8.self)
  }

  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try decoder.integer(value(key), as: UInt16.self)
  }

  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try decoder.integer(value(key), as: UInt32.self)
  }

  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try decoder.integer(value(key), as: UInt64.self)
  }

  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
    try decoder.integer(value(key), as: Int128.self)
  }

  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
    try decoder.integer(value(key), as: UInt128.self)
  }
}
