// The way of a Codable value into a payload encoder and out of a payload decoder. Called by the default
// coding of `Payload` and by ErrorCoding. Whatever a type's own coding throws ends here: as a failure of the
// encoder, or as a PayloadError that names type and path.

/// Gantry's binary coding of Codable values: one byte for the mode, then the value.
@usableFromInline
enum CodableCoding {
  /// Appends a value, or fails the encoder with a sentence that names the type and the path in it.
  @usableFromInline
  static func encode<T: Encodable>(_ value: T, into output: inout PayloadEncoder) {
    let coder = output.codableScratch ?? CodableEncoder()
    output.codableScratch = nil
    // The coder writes into the caller's buffer, which it borrows for the pass.
    let depth = output.depth
    swap(&output, &coder.state.pointee.output)
    let failure = coder.encodeRoot(value, depth: depth)
    swap(&output, &coder.state.pointee.output)
    output.codableScratch = coder
    if let failure { output.fail(failure) }
  }

  /// Reads a value.
  @usableFromInline
  static func decode<T: Decodable>(_ type: T.Type, from input: inout PayloadDecoder) throws -> T {
    let coder = input.codableScratch ?? CodableDecoder()
    input.codableScratch = nil
    let rest = UnsafeRawBufferPointer(rebasing: input.bytes[input.offset...])
    do {
      var count = 0
      let value = try coder.decodeRoot(T.self, from: rest, depth: input.depth, count: &count)
      input.codableScratch = coder
      _ = try input.advance(by: count)
      return value
    } catch let error as DecodingError {
      throw explain(error, T.self)
    }
  }

  private static func explain(_ error: DecodingError, _ type: Any.Type) -> PayloadError {
    let context: DecodingError.Context
    switch error {
    case .dataCorrupted(let found), .keyNotFound(_, let found), .typeMismatch(_, let found),
      .valueNotFound(_, let found):
      context = found
    @unknown default:
      return PayloadError("A value of type \(type) could not be decoded: \(error).")
    }
    let place = context.codingPath.isEmpty ? "" : " at \(describe(context.codingPath))"
    return PayloadError(
      "A value of type \(type) could not be decoded\(place): \(context.debugDescription)")
  }
}

extension CodableEncoder {
  /// Runs passes until one fits its mode; returns what went wrong.
  fileprivate func encodeRoot<T: Encodable>(_ value: T, depth: Int) -> String? {
    let start = state.pointee.output.count
    var mode = CodableMode()
    // Each repetition switches on one of two modes.
    for _ in 0..<3 {
      begin(mode, at: start, depth: depth)
      var thrown: (any Error)?
      do {
        if try !encodeQuickly(value) { try encodeFrame(value) }
      } catch {
        thrown = error
      }
      if let next = state.pointee.nextMode, next != mode {
        mode = CodableMode(
          isWide: mode.isWide || next.isWide, isDetached: mode.isDetached || next.isDetached)
        continue
      }
      thrown = thrown ?? state.pointee.misuse
      let failure = thrown.map { Self.explain($0, T.self) }
      end()
      if failure != nil { state.pointee.output.truncate(to: start) }
      return failure
    }
    end()
    state.pointee.output.truncate(to: start)
    return "A value of type \(T.self) encodes differently each time it is asked to; it cannot travel."
  }

  private func begin(_ mode: CodableMode, at start: Int, depth: Int) {
    end()
    state.pointee.output.truncate(to: start)
    state.pointee.root = start
    state.pointee.mode = mode
    state.pointee.depth = depth
    state.pointee.notesKeys = true
    state.pointee.keys.removeAll()
    state.pointee.output.append(bitwise: UInt8(mode.isWide ? 1 : 0))
  }

  /// Forgets the pass; ids of frames go on, so that a container somebody kept matches none.
  private func end() {
    state.pointee.lastID &+= 1
    state.pointee.frame = Frame(id: state.pointee.lastID, start: 0)
    state.pointee.floor = 0
    state.pointee.nextMode = nil
    state.pointee.misuse = nil
    if !state.pointee.suspended.isEmpty { state.pointee.suspended.removeAll() }
    if !state.pointee.children.isEmpty { state.pointee.children.removeAll() }
    if !state.pointee.path.isEmpty { state.pointee.path.removeAll() }
  }

  private static func explain(_ error: any Error, _ type: Any.Type) -> String {
    guard case EncodingError.invalidValue(_, let context)? = error as? EncodingError else {
      return "A value of type \(type) could not be encoded: \(error)."
    }
    let place = context.codingPath.isEmpty ? "" : " at \(describe(context.codingPath))"
    return "A value of type \(type) could not be encoded\(place): \(context.debugDescription)"
  }
}

extension CodableDecoder {
  /// Decodes one value at the beginning of the bytes, and tells how many it took.
  ///
  /// Not as a tuple, whose type would be looked up at run time.
  fileprivate func decodeRoot<T: Decodable>(
    _ type: T.Type, from bytes: UnsafeRawBufferPointer, depth: Int, count: inout Int
  ) throws -> T {
    guard let mode = bytes.first else { throw PayloadError.truncated(needed: 1, remaining: 0) }
    guard mode <= 1 else { throw PayloadError.invalid(mode, for: T.self) }
    state.pointee.bytes = bytes
    state.pointee.isWide = mode == 1
    state.pointee.depth = depth
    defer {
      state.pointee.bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      state.pointee.pass &+= 1
      if !state.pointee.path.isEmpty { state.pointee.path.removeAll() }
    }
    let root = try value(at: 1, limit: bytes.count)
    count = root.end
    return try decodeValue(T.self, root, key: nil, prefix: [])
  }
}
