// Reading the arrays that travel in their payload form, also for a type that expects them element by element.

extension CodableDecoder {
  /// Which elements an array in its payload form has.
  func elementType(of value: CodableValue) throws -> CodableBlock {
    let content = try content(of: value)
    guard let first = content.first, let block = CodableBlock(rawValue: first) else {
      throw corrupted("An array's element type is unknown")
    }
    return block
  }

  /// Decodes an array from its payload form; `CodableBlock.of` must have said that the type is that array.
  ///
  /// Spelled out: a visitor would be instantiated at run time for every type.
  func decodeBlock<T>(_ type: T.Type, _ value: CodableValue, _ block: CodableBlock) throws -> T {
    switch block {
    case .int: unsafeBitCast(try elements(Int.self, value), to: T.self)
    case .double: unsafeBitCast(try elements(Double.self, value), to: T.self)
    case .string: unsafeBitCast(try elements(String.self, value), to: T.self)
    case .uint8: unsafeBitCast(try elements(UInt8.self, value), to: T.self)
    case .float: unsafeBitCast(try elements(Float.self, value), to: T.self)
    case .bool: unsafeBitCast(try elements(Bool.self, value), to: T.self)
    case .int32: unsafeBitCast(try elements(Int32.self, value), to: T.self)
    case .int64: unsafeBitCast(try elements(Int64.self, value), to: T.self)
    case .uint64: unsafeBitCast(try elements(UInt64.self, value), to: T.self)
    case .uint32: unsafeBitCast(try elements(UInt32.self, value), to: T.self)
    case .int16: unsafeBitCast(try elements(Int16.self, value), to: T.self)
    case .uint16: unsafeBitCast(try elements(UInt16.self, value), to: T.self)
    case .int8: unsafeBitCast(try elements(Int8.self, value), to: T.self)
    case .uint: unsafeBitCast(try elements(UInt.self, value), to: T.self)
    }
  }

  @inline(__always)
  private func elements<Element: Payload>(_ type: Element.Type, _ value: CodableValue) throws -> [Element] {
    var decoder = PayloadDecoder(UnsafeRawBufferPointer(rebasing: try content(of: value)[1...]))
    let elements = try [Element](from: &decoder)
    guard decoder.isAtEnd else { throw corrupted("Bytes are left behind an array's elements") }
    return elements
  }

  /// Unpacks an array in its payload form for a reader of elements; slow, for types that mix the two ways.
  func unpackBlock(_ value: CodableValue, prefix: [any CodingKey]) throws -> any UnkeyedDecodingContainer {
    let content = try content(of: value)
    let block = try elementType(of: value)
    var unpacker = BlockUnpacker(bytes: UnsafeRawBufferPointer(rebasing: content[1...]))
    try block.visit(&unpacker)
    guard let output = unpacker.encoder?.takeOutput() else { throw corrupted("An array cannot be unpacked") }
    let reader = CodableDecoder()
    reader.state.pointee.path = state.pointee.path + prefix
    reader.state.pointee.depth = state.pointee.depth
    reader.state.pointee.isWide = true
    reader.state.pointee.bytes = UnsafeRawBufferPointer(start: output.base, count: output.count)
    reader.state.pointee.storage = consume output
    let root = try reader.value(at: 0, limit: reader.state.pointee.bytes.count)
    // Unpacked in the wide mode, whose lengths cannot overflow.
    return UnkeyedReader(decoder: reader, value: root, prefix: [])
  }

  private struct BlockUnpacker: CodableBlockVisitor {
    let bytes: UnsafeRawBufferPointer
    var encoder: CodableEncoder?

    mutating func visit<Element: Codable & Payload>(_ type: Element.Type) throws {
      var decoder = PayloadDecoder(bytes)
      let elements = try [Element](from: &decoder)
      let encoder = CodableEncoder()
      encoder.state.pointee.output = PayloadEncoder()
      encoder.state.pointee.mode.isWide = true
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
      encoder.finishDetached()
      self.encoder = encoder
    }
  }
}

extension CodableEncoder {
  /// Hands over the bytes and keeps an empty buffer.
  func takeOutput() -> PayloadEncoder {
    var output = PayloadEncoder(minimumCapacity: 0)
    swap(&output, &state.pointee.output)
    return output
  }
}
