// How the encoder moves between the frames of values and of nested containers. Nested containers are written
// in place while they are used in turn; a value that goes back to one it had left is encoded once more in the
// detached mode, where each has a buffer of its own.

/// Thrown to end a pass that will be repeated in another mode; never leaves the coding.
struct CodablePassAbandoned: Error {}

extension CodableEncoder {
  /// Makes the container's frame the current one, ending nested containers above it.
  @inline(__always)
  func resume(_ frame: Int) throws {
    if _fastPath(state.pointee.frame.id == frame) { return }
    try resumeSuspended(frame)
  }

  @inline(never)
  private func resumeSuspended(_ frame: Int) throws {
    let own = state.pointee.suspended[state.pointee.floor...]
    guard let index = own.lastIndex(where: { $0.id == frame }) else { throw outOfTurn() }
    closeNested(downTo: index)
  }

  /// Ends nested containers until the suspended frame at the index is the current one.
  @inline(never)
  func closeNested(downTo index: Int? = nil) {
    let index = index ?? state.pointee.floor
    while state.pointee.suspended.count > index {
      state.pointee.close()
      state.pointee.frame = state.pointee.suspended.removeLast()
      state.pointee.path.removeLast()
    }
  }

  /// Notes that the value needs the detached mode, or, where it has it already, what it did wrong.
  private func outOfTurn() -> any Error {
    if state.pointee.mode.isDetached {
      let error = EncodingError.invalidValue(
        describe(codingPath),
        .init(
          codingPath: codingPath,
          debugDescription:
            "A container was written to after its value was finished, or from inside another value."))
      if state.pointee.misuse == nil { state.pointee.misuse = error }
      return error
    }
    state.pointee.nextMode = CodableMode(isWide: state.pointee.mode.isWide, isDetached: true)
    return CodablePassAbandoned()
  }

  /// Begins a nested container, in place or in an encoder of its own, and says where to write.
  ///
  /// `isCurrent` is false when the container could not be resumed: then the bytes go nowhere.
  func nest(_ shape: Frame.Shape, key: any CodingKey, isCurrent: Bool) -> (
    encoder: CodableEncoder, frame: Int
  ) {
    guard isCurrent else {
      let lost = CodableEncoder()
      lost.state.pointee.output = PayloadEncoder()
      lost.state.pointee.mode.isDetached = true
      lost.state.pointee.open(shape)
      return (lost, lost.state.pointee.frame.id)
    }
    if state.pointee.mode.isDetached {
      let child = makeChild(key: key)
      child.state.pointee.open(shape)
      return (child, child.state.pointee.frame.id)
    }
    state.pointee.suspended.append(state.pointee.frame)
    state.pointee.path.append(key)
    state.pointee.lastID += 1
    state.pointee.frame = Frame(id: state.pointee.lastID, start: state.pointee.output.count)
    state.pointee.open(shape)
    return (self, state.pointee.frame.id)
  }

  /// Makes an encoder whose bytes will be inserted where this one's end now.
  func makeChild(key: any CodingKey) -> CodableEncoder {
    let child = CodableEncoder()
    child.state.pointee.output = PayloadEncoder()
    child.state.pointee.mode = CodableMode(isWide: state.pointee.mode.isWide, isDetached: true)
    child.state.pointee.narrowLimit = state.pointee.narrowLimit
    child.state.pointee.notesKeys = false
    child.state.pointee.depth = state.pointee.depth
    child.state.pointee.path = state.pointee.path + [key]
    // What is written from here on moves up when the child's bytes are inserted.
    state.pointee.notesKeys = false
    state.pointee.children.append((state.pointee.output.count, child))
    return child
  }

  /// Makes the encoder that a superclass writes itself to.
  func nestSuper(key: any CodingKey, isCurrent: Bool) -> any Encoder {
    isCurrent ? makeChild(key: key) : nest(.keyed, key: key, isCurrent: false).encoder
  }

  /// Ends the root frame of a nested encoder; a `super` that wrote nothing becomes an empty container.
  func finishDetached() {
    closeNested()
    if state.pointee.frame.shape == .none { state.pointee.open(.keyed) }
    state.pointee.close()
  }

  /// Encodes any value at the end of what was written.
  func encodeValue<T: Encodable>(_ value: T, key: any CodingKey) throws {
    if try encodeQuickly(value) { return }
    state.pointee.path.append(key)
    defer { state.pointee.path.removeLast() }
    try encodeFrame(value)
  }

  /// Writes text and the arrays that have a quick form; false for every other type.
  @inline(__always)
  func encodeQuickly<T: Encodable>(_ value: T) throws -> Bool {
    if T.self == String.self {
      // The types are the same, so this is no conversion.
      state.pointee.append(unsafeBitCast(value, to: String.self))
      return true
    }
    guard let block = CodableBlock.of(T.self) else { return false }
    try writeBlock(value, block)
    return true
  }

  /// Encodes a value that has no quick form as a frame of its own.
  func encodeFrame<T: Encodable>(_ value: T) throws {
    guard state.pointee.depth < PayloadNesting.limit else {
      throw EncodingError.invalidValue(
        T.self, .init(codingPath: codingPath, debugDescription: PayloadError.tooDeepMessage(T.self)))
    }
    let outerFrame = state.pointee.frame
    let outerFloor = state.pointee.floor
    state.pointee.floor = state.pointee.suspended.count
    state.pointee.lastID &+= 1
    state.pointee.frame = Frame(id: state.pointee.lastID, start: state.pointee.output.count)
    state.pointee.depth &+= 1
    defer {
      state.pointee.depth &-= 1
      state.pointee.frame = outerFrame
      state.pointee.floor = outerFloor
    }
    do {
      try value.encode(to: self)
      try finishValue(of: T.self)
    } catch {
      if state.pointee.suspended.count > state.pointee.floor { closeNested() }
      throw error
    }
  }

  /// Ends the current value's frame, which must have written something.
  func finishValue<T>(of type: T.Type) throws {
    if state.pointee.suspended.count > state.pointee.floor { closeNested() }
    if state.pointee.frame.shape == .none {
      throw EncodingError.invalidValue(
        T.self,
        .init(codingPath: codingPath, debugDescription: "A value of type \(T.self) encoded nothing."))
    }
    state.pointee.close()
  }

  /// Cuts off what a value wrote before it threw; the caller may go on without it.
  func discard(from start: Int) {
    while let child = state.pointee.children.last, child.position >= start {
      state.pointee.children.removeLast()
    }
    state.pointee.output.truncate(to: min(start, state.pointee.output.count))
    // Keys noted beyond the cut are gone.
    state.pointee.keys.removeAll()
  }
}
