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
    /// In `bytes`, one output without a frame.
    case large
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
  @usableFromInline let decode: @Sendable (UnsafeRawBufferPointer) throws -> Output
  /// `count` outputs of `Void`.
  @usableFromInline let nothing: @Sendable (Int) -> [Output]

  @inlinable
  init<C: ValueCoding>(_: C.Type) where C.Value == Output {
    width = C.width
    decode = { bytes in
      var decoder = PayloadDecoder(bytes)
      return try C.decode(from: &decoder)
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
  consuming func decoded(by coding: OutputCoding<Output>, function: String) -> [Run<Output>] {
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

  private consuming func runs(by coding: OutputCoding<Output>, function: String) -> [Run<Output>] {
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
    case .large:
      return bytes.withUnsafeBytes { raw in
        do {
          return [Run(index: index, elements: [try coding.decode(raw)])]
        } catch {
          var run = Run<Output>(
            index: index, elements: [], failure: failed(0, 1, .undeliverable(undecodable(error))))
          run.isUndecodable = true
          return [run]
        }
      }
    case .frames:
      return bytes.withUnsafeBytes { raw in
        var runs: [Run<Output>] = []
        var run = Run<Output>(index: index, elements: [])
        run.elements.reserveCapacity(count)
        var frames = FrameReader(raw)
        for offset in 0..<count {
          do {
            guard let frame = frames.next() else { throw PayloadError("The record ends before this output.") }
            run.elements.append(try coding.decode(frame))
          } catch {
            run.failure = failed(offset, 1, .undeliverable(undecodable(error)))
            run.isUndecodable = true
            runs.append(run)
            run = Run(index: index + offset + 1, elements: [])
          }
        }
        if !run.elements.isEmpty { runs.append(run) }
        return runs
      }
    }
  }
}

private func undecodable(_ error: any Error) -> String { "Its output could not be decoded: \(error)" }
