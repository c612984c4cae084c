// The keyed container of the binary coding: a key and a value at a time, appended to the frame it was made
// for. The standard library calls it through a box for every field of a Codable struct.

/// Writes the fields of one value.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: CodableEncoder
  let frame: Int

  var codingPath: [any CodingKey] { encoder.codingPath }

  @inline(__always)
  private func begin(_ key: Key) throws {
    try encoder.resume(frame)
    encoder.state.pointee.append(key: key.stringValue)
  }

  func encodeNil(forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.output.append(kind: .null)
  }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try encoder.resume(frame)
    let start = encoder.state.pointee.output.count
    encoder.state.pointee.append(key: key.stringValue)
    do {
      // Asked here, before the key is put in a box for the path.
      if try encoder.encodeQuickly(value) { return }
      try encoder.encodeValue(value, key: key)
    } catch {
      encoder.discard(from: start)
      throw error
    }
  }

  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
    guard let value else { return }
    try encoder.resume(frame)
    let start = encoder.state.pointee.output.count
    encoder.state.pointee.append(key: key.stringValue)
    let valueStart = encoder.state.pointee.output.count
    do {
      try encoder.encodeValue(value, key: key)
      encoder.state.pointee.markPresent(at: valueStart)
    } catch {
      encoder.discard(from: start)
      throw error
    }
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    let isCurrent = resumeForNesting(key)
    let nested = encoder.nest(.keyed, key: key, isCurrent: isCurrent)
    return KeyedEncodingContainer(KeyedWriter<NestedKey>(encoder: nested.encoder, frame: nested.frame))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    let isCurrent = resumeForNesting(key)
    let nested = encoder.nest(.unkeyed, key: key, isCurrent: isCurrent)
    return UnkeyedWriter(encoder: nested.encoder, frame: nested.frame)
  }

  func superEncoder() -> any Encoder {
    superEncoder(named: CodableKey.superKey)
  }

  func superEncoder(forKey key: Key) -> any Encoder {
    superEncoder(named: key)
  }

  private func superEncoder(named key: any CodingKey) -> any Encoder {
    let isCurrent = (try? encoder.resume(frame)) != nil
    if isCurrent { encoder.state.pointee.append(key: key.stringValue) }
    return encoder.nestSuper(key: key, isCurrent: isCurrent)
  }

  /// These calls cannot throw: a container out of turn is remembered by the encoder and repeated or reported.
  private func resumeForNesting(_ key: Key) -> Bool {
    guard (try? begin(key)) != nil else { return false }
    return true
  }
}

extension KeyedWriter {
  func encode(_ value: Bool, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(value)
  }

  func encode(_ value: String, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(value)
  }

  func encode(_ value: Double, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(.double, value)
  }

  func encode(_ value: Float, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(.float, value)
  }

  func encode(_ value: Int, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int8, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int16, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int32, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int64, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt8, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt16, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt32, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt64, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: Int128, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }

  func encode(_ value: UInt128, forKey key: Key) throws {
    try begin(key)
    encoder.state.pointee.append(integer: value)
  }
}
