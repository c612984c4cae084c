// The single-value container of the binary coding: one value that stands for another.
// Optionals, raw-value enums and wrappers come through it.

/// Writes the one value that stands for another.
struct SingleWriter: SingleValueEncodingContainer {
  let encoder: CodableEncoder
  let frame: Int

  var codingPath: [any CodingKey] { encoder.codingPath }

  @inline(__always)
  private func begin() throws {
    try encoder.resume(frame)
    guard encoder.state.pointee.frame.shape == .none else { throw secondValue() }
    encoder.state.pointee.frame.shape = .single
  }

  @inline(never)
  private func secondValue() -> any Error {
    EncodingError.invalidValue(
      describe(codingPath),
      .init(codingPath: codingPath, debugDescription: "A single-value container was given a second value."))
  }

  func encodeNil() throws {
    try begin()
    encoder.state.pointee.output.append(kind: .null)
  }

  func encode<T: Encodable>(_ value: T) throws {
    try begin()
    let start = encoder.state.pointee.output.count
    do {
      if try encoder.encodeQuickly(value) { return }
      try encoder.encodeFrame(value)
      encoder.state.pointee.markPresent(at: start)
    } catch {
      encoder.discard(from: start)
      encoder.state.pointee.frame.shape = .none
      throw error
    }
  }
}

extension SingleWriter {
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
