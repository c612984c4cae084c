// The loops that run a function over the inputs of a chunk: packed and general, synchronous and asynchronous.
// Specialised and inlined where the user writes the function; each input costs one store, one load, and the body.

import GantryLanes
public import GantryWire

/// Runs a synchronous function over the inputs of a chunk, from its first to wherever the driver lets it end.
@inlinable
package func runInputs<I: ValueCoding, O: ValueCoding>(
  of chunk: inout OpenChunk, _: I.Type, _: O.Type, _ body: (I.Value) throws -> O.Value
) {
  if I.width != framed && O.width != framed {
    runPacked(&chunk, I.self, O.self, body)
  } else {
    runFramed(&chunk, I.self, O.self, body)
  }
}

@inlinable
func runPacked<I: ValueCoding, O: ValueCoding>(
  _ chunk: inout OpenChunk, _: I.Type, _: O.Type, _ body: (I.Value) throws -> O.Value
) {
  let cursor = chunk.cursor
  let inputs = chunk.inputs.baseAddress.unsafelyUnwrapped
  // Asked once: for a tuple they are computed.
  let (inputWidth, outputWidth) = (I.width, O.width)
  var input = chunk.first
  while true {
    var output = chunk.outputs
    let from = input
    let stop = input &+ chunk.openPacked(width: outputWidth)
    var left = false
    var thrown: (any Error)?
    while input != stop {
      guard cursor.begin(input) else {
        left = true
        break
      }
      do {
        let value = try body(inputs.load(fromByteOffset: Int(input) &* inputWidth, as: I.Value.self))
        if outputWidth > 0 { output.initializeMemory(as: O.Value.self, to: value) }
        chunk.cursor.passDone()
      } catch {
        thrown = error
        break
      }
      output += outputWidth
      input &+= 1
    }
    let bytes = Int(input &- from) &* outputWidth
    if let thrown {
      chunk.publish(through: input, bytes: bytes, last: false)
      chunk.publish(thrown: thrown, by: input)
      input &+= 1
    } else if left || chunk.isOver(at: input) {
      cursor.leave(at: input)
      chunk.publish(through: input, bytes: bytes, last: true)
      return
    } else {
      // Nothing runs while this is published, and nobody is to be blamed for it.
      cursor.leave(at: input)
      chunk.publish(through: input, bytes: bytes, last: false)
    }
  }
}

@inlinable
func runFramed<I: ValueCoding, O: ValueCoding>(
  _ chunk: inout OpenChunk, _: I.Type, _: O.Type, _ body: (I.Value) throws -> O.Value
) {
  var inputs = InputReader<I>(chunk)
  var outputs = OutputWriter<O>(chunk)
  while chunk.cursor.begin(inputs.input) {
    do {
      let value = try inputs.next()
      do {
        outputs.append(try body(value), of: inputs.input, &chunk)
        chunk.cursor.passDone()
      } catch {
        outputs.report(thrown: error, by: inputs.input, &chunk)
      }
    } catch {
      outputs.report(undecodable: error, inputs.input, &chunk)
    }
    inputs.input &+= 1
  }
  outputs.leave(at: inputs.input, &chunk)
}

/// Runs an asynchronous function over the inputs of a chunk, one at a time.
@inlinable
package func runInputs<I: ValueCoding, O: ValueCoding>(
  of chunk: inout OpenChunk, _: I.Type, _: O.Type, _ body: (I.Value) async throws -> O.Value
) async {
  var inputs = InputReader<I>(chunk)
  var outputs = OutputWriter<O>(chunk)
  while chunk.cursor.begin(inputs.input) {
    do {
      let value = try inputs.next()
      do {
        outputs.append(try await body(value), of: inputs.input, &chunk)
        chunk.cursor.passDone()
      } catch {
        outputs.report(thrown: error, by: inputs.input, &chunk)
      }
    } catch {
      outputs.report(undecodable: error, inputs.input, &chunk)
    }
    inputs.input &+= 1
  }
  outputs.leave(at: inputs.input, &chunk)
}

/// Decodes the inputs of a chunk in order.
@frozen
@usableFromInline
struct InputReader<I: ValueCoding> {
  @usableFromInline let bytes: UnsafeRawBufferPointer
  @usableFromInline var frames: FrameReader
  @usableFromInline var decoder: PayloadDecoder
  /// The input that runs, or is next.
  @usableFromInline var input: UInt32

  @inlinable
  init(_ chunk: OpenChunk) {
    bytes = chunk.inputs
    frames = FrameReader(chunk.inputs)
    decoder = PayloadDecoder(chunk.inputs)
    input = chunk.first
    if I.width == framed { _ = frames.skip(Int(chunk.first)) }
  }

  @inlinable
  mutating func next() throws -> I.Value {
    let width = I.width
    if width != framed {
      return bytes.baseAddress.unsafelyUnwrapped.load(fromByteOffset: Int(input) &* width, as: I.Value.self)
    }
    guard let frame = frames.next() else { throw PayloadError("The chunk ends before this input.") }
    decoder.restart(frame)
    return try I.decode(from: &decoder)
  }
}

/// Encodes outputs into the open record in place, and publishes records as they fill.
@frozen
@usableFromInline
struct OutputWriter<O: ValueCoding>: ~Copyable {
  @usableFromInline var encoder: PayloadEncoder
  @usableFromInline var written: UInt32 = 0

  @inlinable
  init(_ chunk: OpenChunk) {
    encoder = PayloadEncoder(writingAt: chunk.outputs, capacity: chunk.openRecord(atLeast: leastRecord))
  }

  @inlinable
  mutating func open(_ chunk: OpenChunk) {
    encoder.restart(writingAt: chunk.outputs, capacity: chunk.openRecord(atLeast: leastRecord))
    written = 0
  }

  /// Publishes what an input threw, behind the outputs before it.
  @usableFromInline
  mutating func report(thrown error: any Error, by input: UInt32, _ chunk: inout OpenChunk) {
    chunk.publish(through: input, bytes: encoder.count, last: false)
    chunk.publish(thrown: error, by: input)
    open(chunk)
  }

  /// Publishes that an input could not be decoded, behind the outputs before it.
  @usableFromInline
  mutating func report(undecodable error: any Error, _ input: UInt32, _ chunk: inout OpenChunk) {
    chunk.publish(through: input, bytes: encoder.count, last: false)
    chunk.publish(undeliverable: "Its input could not be decoded: \(error)", input)
    open(chunk)
  }

  @inlinable
  mutating func append(_ value: O.Value, of input: UInt32, _ chunk: inout OpenChunk) {
    if O.Value.self == [UInt8].self, appendLarge(unsafeBitCast(value, to: [UInt8].self), of: input, &chunk) {
      return
    }
    let mark = encoder.count
    O.append(value, to: &encoder)
    if encoder.isSpilled || encoder.failure != nil {
      settle(mark, input, &chunk)
      return
    }
    written &+= 1
    if written == chunk.claim.publishEvery {
      chunk.cursor.leave(at: input &+ 1)
      chunk.publish(through: input &+ 1, bytes: encoder.count, last: false)
      open(chunk)
    }
  }

  /// Publishes an array of bytes from where it lies, if it is so large that it goes in pieces.
  @usableFromInline
  mutating func appendLarge(_ bytes: [UInt8], of input: UInt32, _ chunk: inout OpenChunk) -> Bool {
    guard bytes.count > chunk.lane.ringBytes / 8 - mostPrefix else { return false }
    chunk.publish(through: input, bytes: encoder.count, last: false)
    bytes.withUnsafeBytes { chunk.publishLarge(input, $0, as: .bytes) }
    open(chunk)
    return true
  }

  /// The rare ends of an output: it has no encoding, or it did not fit the record's room.
  @usableFromInline
  mutating func settle(_ mark: Int, _ input: UInt32, _ chunk: inout OpenChunk) {
    // The outputs before `mark` still lie in the ring, whether or not the encoder moved on to its heap.
    chunk.publish(through: input, bytes: mark, last: false)
    if let failure = encoder.takeFailure() {
      chunk.publish(undeliverable: failure, input)
    } else {
      encoder.withBytes { bytes in
        let output = UnsafeRawBufferPointer(rebasing: bytes[mark...])
        if output.count <= chunk.lane.ringBytes / 8 {
          _ = chunk.openRecord(atLeast: output.count)
          chunk.outputs.copyMemory(from: output.baseAddress.unsafelyUnwrapped, byteCount: output.count)
          chunk.publish(through: input &+ 1, bytes: output.count, last: false)
        } else {
          // Pieces carry an output without its length.
          var frames = FrameReader(output)
          chunk.publishLarge(input, O.width == framed ? frames.next() ?? output : output)
        }
      }
    }
    open(chunk)
  }

  @inlinable
  mutating func leave(at input: UInt32, _ chunk: inout OpenChunk) {
    chunk.cursor.leave(at: input)
    chunk.publish(through: input, bytes: encoder.count, last: true)
  }
}

/// The most bytes that stand before the elements of an array in its frame, and the frame's own length.
private let mostPrefix = 32

/// Room that a record is opened with at least; larger outputs wait for more.
@usableFromInline var leastRecord: Int {
  @inlinable get { 4096 }
}
