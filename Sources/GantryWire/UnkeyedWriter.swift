// The unkeyed container of the binary coding: values one after the other.
// Dictionaries with keys other than text, sets and nested arrays come through it.

/// Writes elements one after the other.
struct UnkeyedWriter: UnkeyedEncodingContainer {
  let encoder: CodableEncoder
  let frame: Int

  var codingPath: [any CodingKey] { encoder.codingPath }

  /// Asked of the frame, since a class and its superclass may each hold a container over it.
  var count: Int {
    let isCurrent = (try? encoder.resume(frame)) != nil
    return isCurrent ? encoder.state.pointee.frame.count : 0
  }

  @inline(__always)
  private func begin() throws {
    try encoder.resume(frame)
    encoder.state.pointee.frame.count &+= 1
  }

  func encodeNil() throws {
    try begin()
    encoder.state.pointee.output.append(kind: .null)
  }

  func encode<T: Encodable>(_ value: T) throws {
    try begin()
    let start = encoder.state.pointee.output.count
    do {
      try encoder.encodeValue(value, key: CodableKey(intValue: encoder.state.pointee.frame.count &- 1))
    } catch {
      encoder.discard(from: start)
      encoder.state.pointee.frame.count &-= 1
      throw error
    }
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    let isCurrent = (try? begin()) != nil
    let nested = encoder.nest(.keyed, key: lastKey, isCurrent: isCurrent)
    return KeyedEncodingContainer(KeyedWriter<NestedKey>(encoder: nested.encoder, frame: nested.frame))
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    let isCurrent = (try? begin()) != nil
    let nested = encoder.nest(.unkeyed, key: lastKey, isCurrent: isCurrent)
    return UnkeyedWriter(encoder: nested.encoder, frame: nested.frame)
  }

  func superEncoder() -> any Encoder {
    let isCurrent = (try? begin()) != nil
    return encoder.nestSuper(key: lastKey, isCurrent: isCurrent)
  }

  private var lastKey: CodableKey { CodableKey(intValue: encoder.state.pointee.frame.count &- 1) }
}

extension UnkeyedWriter {
  func encode(_ value: Bool) throws {
    try begin()
    encoder.state.pointee.append(value)
  }

  func encode(_ value: String) throws {
    try begin()
    encoder.state.pointee.append(value)
  }

  func encode(_ value: Double) throws {
    try begin()
    encoder.state.pointee.append(.double, value)
  }

  func encode(_ value: Float) throws {
    try begin()
    encoder.state.pointee.append(.float, value)
  }

  func encode(_ value: Int) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int8) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int16) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int32) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int64) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt8) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt16) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt32) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt64) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int128) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt128) throws {
    try begin()
    encoder.state.pointee.append(integer: value)
  }
}
