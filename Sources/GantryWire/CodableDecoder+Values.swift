// Reading and checking the scalar values of the binary coding, and stepping over any value.
// Every offset that leaves this file was checked to lie inside the pass's bytes.

extension CodableDecoder {
  /// Reads a value's kind and finds its content, all of it below the limit.
  func value(at offset: Int, limit: Int) throws -> CodableValue {
    let bytes = state.pointee.bytes
    guard offset >= 0, offset < limit, limit <= bytes.count else { throw corrupted("A value is missing") }
    guard let kind = CodableKind(rawValue: bytes[offset]) else {
      throw corrupted("The byte \(bytes[offset]) is no kind of value")
    }
    var start = offset &+ 1
    let size: Int
    switch kind {
    case .null, .no, .yes: size = 0
    case .integer8: size = 1
    case .integer16: size = 2
    case .integer32, .float: size = 4
    case .integer64, .unsigned64, .double: size = 8
    case .integer128, .unsigned128: size = 16
    case .text: size = try length(at: &start, limit: limit)
    case .some:
      // Iterative: a hostile run of these must not cost stack.
      var inner = start
      while inner < limit, bytes[inner] == CodableKind.some.rawValue { inner &+= 1 }
      return CodableValue(kind: .some, start: start, end: try value(at: inner, limit: limit).end)
    case .keyed, .unkeyed, .block:
      let width = state.pointee.isWide ? 8 : 4
      guard width <= limit &- start else { throw corrupted("The length of a container is cut off") }
      let claimed =
        width == 8
        ? bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        : UInt64(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
      start &+= width
      size = Int(exactly: claimed) ?? Int.max
    }
    guard size <= limit &- start else { throw corrupted("A value of the kind \(kind) is cut off") }
    return CodableValue(kind: kind, start: start, end: start &+ size)
  }

  /// Reads a variable-length number and steps over it.
  @inline(__always)
  func length(at offset: inout Int, limit: Int) throws -> Int {
    let bytes = state.pointee.bytes
    guard offset < limit, limit <= bytes.count else { throw corrupted("A length is cut off") }
    let first = bytes[offset]
    if _fastPath(first < 0x80) {
      offset &+= 1
      return Int(first)
    }
    var cursor = PayloadDecoder(UnsafeRawBufferPointer(rebasing: bytes[offset..<limit]))
    let value = try cursor.readLength()
    offset &+= cursor.offset
    return Int(exactly: value) ?? Int.max
  }

  @inline(__always)
  func boolean(_ value: CodableValue) throws -> Bool {
    switch value.kind {
    case .yes: return true
    case .no: return false
    default: throw mismatch(Bool.self, value)
    }
  }

  @inline(__always)
  func double(_ value: CodableValue) throws -> Double {
    switch value.kind {
    case .double: return try load(value, as: Double.self)
    case .float: return Double(try load(value, as: Float.self))
    default: throw mismatch(Double.self, value)
    }
  }

  @inline(__always)
  func float(_ value: CodableValue) throws -> Float {
    guard value.kind == .float else { throw mismatch(Float.self, value) }
    return try load(value, as: Float.self)
  }

  func text(_ value: CodableValue) throws -> String {
    guard value.kind == .text else { throw mismatch(String.self, value) }
    guard let text = String(checking: try content(of: value)) else {
      throw corrupted("A text is not valid UTF-8")
    }
    return text
  }

  @inline(__always)
  func integer<I: FixedWidthInteger>(_ value: CodableValue, as type: I.Type) throws -> I {
    let integer: I?
    switch value.kind {
    case .integer8: integer = I(exactly: try load(value, as: Int8.self))
    case .integer16: integer = I(exactly: try load(value, as: Int16.self))
    case .integer32: integer = I(exactly: try load(value, as: Int32.self))
    case .integer64: integer = I(exactly: try load(value, as: Int64.self))
    case .integer128: integer = I(exactly: try load(value, as: Int128.self))
    case .unsigned64: integer = I(exactly: try load(value, as: UInt64.self))
    case .unsigned128: integer = I(exactly: try load(value, as: UInt128.self))
    default: throw mismatch(I.self, value)
    }
    guard let integer else { throw corrupted("A number does not fit in \(I.self)") }
    return integer
  }

  /// A fixed-width content; its width was checked when the value was found, the pass is checked here.
  @inline(__always)
  private func load<T: BitwiseCopyable>(_ value: CodableValue, as type: T.Type) throws -> T {
    guard value.start &+ MemoryLayout<T>.size <= state.pointee.bytes.count else {
      throw corrupted("Its bytes are gone")
    }
    return state.pointee.bytes.loadUnaligned(fromByteOffset: value.start, as: T.self)
  }

  /// The bytes of a value; none once the pass is over.
  @inline(__always)
  func content(of value: CodableValue) throws -> UnsafeRawBufferPointer {
    guard value.start <= value.end, value.end <= state.pointee.bytes.count else {
      throw corrupted("Its bytes are gone")
    }
    return UnsafeRawBufferPointer(rebasing: state.pointee.bytes[value.start..<value.end])
  }

  @inline(never)
  func corrupted(_ reason: String) -> any Error {
    DecodingError.corrupted("\(reason).", at: codingPath)
  }
}
