// The scalar values and keys of the binary coding, as written by every kind of container.

extension CodableEncoder.State {
  @inline(__always)
  mutating func append(_ value: Bool) {
    output.append(kind: value ? .yes : .no)
  }

  @inline(__always)
  mutating func append<T: BitwiseCopyable>(_ kind: CodableKind, _ value: T) {
    output.reserve(1 &+ MemoryLayout<T>.size)
    output.append(bitwise: kind.rawValue)
    output.append(bitwise: value)
  }

  /// Integers in the narrowest width that holds them.
  @inline(__always)
  mutating func append<I: FixedWidthInteger>(integer value: I) {
    if let value = Int8(exactly: value) {
      append(.integer8, value)
    } else if let value = Int16(exactly: value) {
      append(.integer16, value)
    } else if let value = Int32(exactly: value) {
      append(.integer32, value)
    } else if let value = Int64(exactly: value) {
      append(.integer64, value)
    } else if let value = UInt64(exactly: value) {
      append(.unsigned64, value)
    } else if let value = Int128(exactly: value) {
      append(.integer128, value)
    } else {
      append(.unsigned128, UInt128(truncatingIfNeeded: value))
    }
  }

  @inline(__always)
  mutating func append(_ text: String) {
    output.append(kind: .text)
    text.encode(into: &output)
  }

  /// Tells an optional that holds "nothing" from one that is nothing, where the value just written begins
  /// there.
  @inline(__always)
  mutating func markPresent(at start: Int) {
    let first = output.base.load(fromByteOffset: start, as: UInt8.self)
    guard first == CodableKind.null.rawValue || first == CodableKind.some.rawValue else { return }
    var mark = CodableKind.some.rawValue
    withUnsafeBytes(of: &mark) { output.insert($0, at: start) }
  }

  /// A key: its text, or the position of the same text before.
  @inline(__always)
  mutating func append(key text: String) {
    let written: Void? = text.utf8.withContiguousStorageIfAvailable {
      append(key: UnsafeRawBufferPointer($0))
    }
    if written == nil {
      var native = text
      native.withUTF8 { append(key: UnsafeRawBufferPointer($0)) }
    }
  }

  private mutating func append(key text: UnsafeRawBufferPointer) {
    let base = UnsafeRawPointer(output.base + root)
    // The text will stand behind its own length.
    let lengthSize = text.count < 64 ? 1 : (text.count < 8_192 ? 2 : 0)
    let next = notesKeys && lengthSize > 0 ? output.count &- root &+ lengthSize : nil
    if let position = keys.position(of: text, in: base, elseNote: next) {
      // The position of the length, where a decoder can check it.
      let at = position &- lengthSize
      output.append(length: UInt64(truncatingIfNeeded: at) << 1 | 1)
    } else {
      output.append(length: UInt64(truncatingIfNeeded: text.count) << 1)
      output.append(text)
    }
  }
}

extension CodableEncoder {
  /// Writes an array in its payload form.
  func writeBlock<T>(_ value: T, _ block: CodableBlock) throws {
    let start = state.pointee.output.count
    let width = state.pointee.mode.lengthWidth
    state.pointee.output.append(kind: .block)
    if width == 8 {
      state.pointee.output.append(bitwise: 0 as UInt64)
    } else {
      state.pointee.output.append(bitwise: 0 as UInt32)
    }
    state.pointee.output.append(bitwise: block.rawValue)
    appendElements(value, block)
    let length = state.pointee.output.count &- start &- 1 &- width
    if width == 8 {
      state.pointee.output.patch(UInt64(truncatingIfNeeded: length), at: start &+ 1)
    } else {
      if length > state.pointee.narrowLimit {
        state.pointee.nextMode = CodableMode(isWide: true, isDetached: state.pointee.mode.isDetached)
      }
      state.pointee.output.patch(UInt32(truncatingIfNeeded: length), at: start &+ 1)
    }
  }

  /// `CodableBlock.of` compared the types, so the casts are no conversions.
  private func appendElements<T>(_ value: T, _ block: CodableBlock) {
    switch block {
    case .int: unsafeBitCast(value, to: [Int].self).encode(into: &state.pointee.output)
    case .double: unsafeBitCast(value, to: [Double].self).encode(into: &state.pointee.output)
    case .string: unsafeBitCast(value, to: [String].self).encode(into: &state.pointee.output)
    case .uint8: unsafeBitCast(value, to: [UInt8].self).encode(into: &state.pointee.output)
    case .float: unsafeBitCast(value, to: [Float].self).encode(into: &state.pointee.output)
    case .bool: unsafeBitCast(value, to: [Bool].self).encode(into: &state.pointee.output)
    case .int32: unsafeBitCast(value, to: [Int32].self).encode(into: &state.pointee.output)
    case .int64: unsafeBitCast(value, to: [Int64].self).encode(into: &state.pointee.output)
    case .uint64: unsafeBitCast(value, to: [UInt64].self).encode(into: &state.pointee.output)
    case .uint32: unsafeBitCast(value, to: [UInt32].self).encode(into: &state.pointee.output)
    case .int16: unsafeBitCast(value, to: [Int16].self).encode(into: &state.pointee.output)
    case .uint16: unsafeBitCast(value, to: [UInt16].self).encode(into: &state.pointee.output)
    case .int8: unsafeBitCast(value, to: [Int8].self).encode(into: &state.pointee.output)
    case .uint: unsafeBitCast(value, to: [UInt].self).encode(into: &state.pointee.output)
    }
  }
}
