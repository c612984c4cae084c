// The single-value container of the binary coding, read: the value that stands for another.

/// Reads the one value.
struct SingleReader: SingleValueDecodingContainer {
  let decoder: CodableDecoder
  let value: CodableValue

  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { value.kind == .null }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try decoder.checkPass()
    guard value.kind == .some else { return try decoder.decodeValue(T.self, value, key: nil, prefix: []) }
    let inner = try decoder.value(at: value.start, limit: value.end)
    return try decoder.decodeValue(T.self, inner, key: nil, prefix: [])
  }
}

extension SingleReader {
  func decode(_ type: Bool.Type) throws -> Bool {
    try decoder.boolean(value)
  }

  func decode(_ type: String.Type) throws -> String {
    try decoder.text(value)
  }

  func decode(_ type: Double.Type) throws -> Double {
    try decoder.double(value)
  }

  func decode(_ type: Float.Type) throws -> Float {
    try decoder.float(value)
  }

  func decode(_ type: Int.Type) throws -> Int {
    try decoder.integer(value, as: Int.self)
  }

  func decode(_ type: Int8.Type) throws -> Int8 {
    try decoder.integer(value, as: Int8.self)
  }

  func decode(_ type: Int16.Type) throws -> Int16 {
    try decoder.integer(value, as: Int16.self)
  }

  func decode(_ type: Int32.Type) throws -> Int32 {
    try decoder.integer(value, as: Int32.self)
  }

  func decode(_ type: Int64.Type) throws -> Int64 {
    try decoder.integer(value, as: Int64.self)
  }

  func decode(_ type: UInt.Type) throws -> UInt {
    try decoder.integer(value, as: UInt.self)
  }

  func decode(_ type: UInt8.Type) throws -> UInt8 {
    try decoder.integer(value, as: UInt8.self)
  }

  func decode(_ type: UInt16.Type) throws -> UInt16 {
    try decoder.integer(value, as: UInt16.self)
  }

  func decode(_ type: UInt32.Type) throws -> UInt32 {
    try decoder.integer(value, as: UInt32.self)
  }

  func decode(_ type: UInt64.Type) throws -> UInt64 {
    try decoder.integer(value, as: UInt64.self)
  }

  func decode(_ type: Int128.Type) throws -> Int128 {
    try decoder.integer(value, as: Int128.self)
  }

  func decode(_ type: UInt128.Type) throws -> UInt128 {
    try decoder.integer(value, as: UInt128.self)
  }
}
