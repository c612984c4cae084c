// Consecutive outputs of a call as they left the completion rings: packed values, or frames still to be decoded.
// Copied once out of shared memory; only private copies are checked and decoded.

import GantryLanes
import GantryWire

/// Outputs from `index` on, or the one failure at `index`.
struct Parcel<Output> {
  enum Content {
    /// In `values`.
    case values
    /// In `bytes`, `count` frames.
    case frames
    /// In `bytes`, one output without a frame, or the elements of one that is an array of bytes.
    case large(areElements: Bool)
    /// In `bytes`, the encoded error of one input.
    case thrown(attempts: Int)
    /// The failure of one input.
    case failure(InputError)
  }

  let index: Int
  var count: Int
  var content: Content
  var values: [Output] = []
  var bytes: [UInt8] = []
  /// What was noted of each input, for calls that asked.
  var facts: [OutcomeFacts] = []

  /// The bytes that count against its call's window.
  var countedBytes: Int {
    switch content {
    case .values: count * (values.isEmpty ? 0 : MemoryLayout<Output>.stride)
    case .frames, .large: bytes.count
    case .thrown, .failure: 0
    }
  }
}

/// How a function's outputs are decoded, chosen where the function is written.
@_documentation(visibility: internal)
@frozen
public struct OutputCoding<Output>: Sendable {
  /// Bytes of a packed output, 0 for `Void`, or `framed`.
  @usableFromInline let width: Int
  /// Makes one output of its encoded bytes.
  @usableFromInline let decode: @Sendable (UnsafeRawBufferPointer) throws -> Output
  /// Makes an output that is an array of bytes of its elements; nil for any other.
  @usableFromInline let adopt: (@Sendable ([UInt8]) -> Output)?
  /// Appends so many outputs; throws at the first that has no frame or cannot be decoded, behind which it can go on.
  @usableFromInline let decodeFrames: @Sendable (inout FrameReader, Int, inout [Output]) throws -> Void
  /// Appends packed outputs, trivial values that lie side by side.
  @usableFromInline let appendPacked: @Sendable (UnsafeRawBufferPointer, inout [Output]) -> Void
  /// `count` outputs of `Void`.
  @usableFromInline let nothing: @Sendable (Int) -> [Output]

  @inlinable
  init<C: ValueCoding>(_: C.Type) where C.Value == Output {
    width = C.width
    decode = { bytes in
      var decoder = PayloadDecoder(bytes)
      return try C.decode(from: &decoder)
    }
    if Output.self == [UInt8].self {
      // The types are the same, so this is no conversion.
      adopt = { elements in unsafeBitCast(elements, to: Output.self) }
    } else {
      adopt = nil
    }
    decodeFrames = { frames, count, outputs in
      var decoder = PayloadDecoder(UnsafeRawBufferPointer(start: nil, count: 0))
      for _ in 0..<count {
        guard let frame = frames.next() else { throw PayloadError("The record ends before this output.") }
        decoder.restart(frame)
        outputs.append(try C.decode(from: &decoder))
      }
    }
    appendPacked = { bytes, outputs in
      let start = bytes.baseAddress.map { $0.assumingMemoryBound(to: Output.self) }
      outputs.append(
        contentsOf: UnsafeBufferPointer(start: start, count: bytes.count / MemoryLayout<Output>.stride))
    }
    nothing = { count in
      var decoder = PayloadDecoder(UnsafeRawBufferPointer(start: nil, count: 0))
      guard let value = try? C.decode(from: &decoder) else { return [] }
      return Array(repeating: value, count: count)
    }
  }
}

extension Parcel {
  /// Decodes into runs; user code may run here, so never under the driver's lock.
  mutating func decoded(by coding: OutputCoding<Output>, function: String) -> [Run<Output>] {
    let facts = facts
    var runs = runs(by: coding, function: function)
    guard !facts.isEmpty else { return runs }
    var taken = 0
    for place in runs.indices {
      let count = runs[place].elements.count + (runs[place].failure == nil ? 0 : 1)
      runs[place].facts = Array(facts.dropFirst(taken).prefix(count))
      taken += count
    }
    return runs
  }

  private mutating func runs(by coding: OutputCoding<Output>, function: String) -> [Run<Output>] {
    func failed(_ offset: Int, _ attempts: Int, _ reason: InputError.Reason) -> InputError {
      InputError(function: function, index: index + offset, attempts: attempts, reason: reason)
    }
    switch content {
    case .values: return [Run(index: index, elements: values)]
    case .failure(let error): return [Run(index: index, elements: [], failure: error)]
    case .thrown(let attempts):
      let reason: InputError.Reason = bytes.withUnsafeBytes { raw in
        var decoder = PayloadDecoder(raw)
        do {
          return .threw(try ErrorCoding.decode(&decoder))
        } catch {
          return .undeliverable("The error it threw could not be decoded: \(error)")
        }
      }
      return [Run(index: index, elements: [], failure: failed(0, attempts, reason))]
    case .large(let areElements):
      do {
        return [Run(index: index, elements: [try large(areElements, by: coding)])]
      } catch {
        var run = Run<Output>(
          index: index, elements: [], failure: failed(0, 1, .undeliverable(undecodable(error))))
        run.isUndecodable = true
        return [run]
      }
    case .frames:
      return bytes.withUnsafeBytes { raw in
        var runs: [Run<Output>] = []
        var frames = FrameReader(raw)
        var taken = 0
        while taken < count {
          var run = Run<Output>(index: index + taken, elements: [])
          // Runs behind a failure grow as they need: there may be as many as outputs.
          if taken == 0 { run.elements.reserveCapacity(count) }
          do {
            try coding.decodeFrames(&frames, count - taken, &run.elements)
          } catch {
            run.failure = failed(taken + run.elements.count, 1, .undeliverable(undecodable(error)))
            run.isUndecodable = true
          }
          taken += run.count
          runs.append(run)
        }
        return runs
      }
    }
  }

  /// Its buffer, which is no longer wanted.
  mutating func takeBytes() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    return taken
  }

  /// The one output that came in pieces; an array of bytes keeps the memory they were assembled in.
  private mutating func large(_ areElements: Bool, by coding: OutputCoding<Output>) throws -> Output {
    guard areElements else { return try bytes.withUnsafeBytes { try coding.decode($0) } }
    guard let adopt = coding.adopt else { throw PayloadError("It came as an array of bytes.") }
    // How much room was made for it is the container's word.
    return adopt(bytes.capacity - bytes.count > bytes.count / 8 ? Array(bytes[...]) : takeBytes())
  }

  /// Decodes behind `outputs`, up to the first failure, which is returned; user code may run here, as in `decoded`.
  mutating func decode(
    to outputs: inout [Output], by coding: OutputCoding<Output>, function: String
  ) -> InputError? {
    if case .values = content {
      if outputs.isEmpty { outputs = values } else { outputs += values }
      return nil
    }
    guard case .frames = content else {
      for run in decoded(by: coding, function: function) {
        outputs += run.elements
        if let failure = run.failure { return failure }
      }
      return nil
    }
    let start = outputs.count
    do {
      try bytes.withUnsafeBytes { raw in
        var frames = FrameReader(raw)
        try coding.decodeFrames(&frames, count, &outputs)
      }
      return nil
    } catch {
      return InputError(
        function: function, index: index + outputs.count - start, attempts: 1,
        reason: .undeliverable(undecodable(error)))
    }
  }
}

private func undecodable(_ error: any Error) -> String { "Its output could not be decoded: \(error)" }
