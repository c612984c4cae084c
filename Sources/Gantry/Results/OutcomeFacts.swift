// What is known of an input beside its output: noted for the calls that ask, so that others pay nothing for it.

import GantryScheduling

/// How often an input was started, and the attempt that ended it.
struct OutcomeFacts: Sendable {
  var attempts: Int
  var nanoseconds: UInt64
  var container: Int32

  static let unknown = OutcomeFacts(attempts: 1, nanoseconds: 0, container: 0)
}

extension Coordinator {
  /// Notes what the caller may want to know of inputs that are about to be delivered; `nanoseconds` is for all of them.
  func noteFacts(_ inputs: Range<Int>, of call: Call, by container: Container, nanoseconds: UInt64) {
    guard call.facts != nil, !inputs.isEmpty else { return }
    for index in inputs {
      call.facts?[index] = OutcomeFacts(
        attempts: (call.charges[index]?.attempts ?? 0) + 1,
        nanoseconds: nanoseconds / UInt64(inputs.count), container: container.namedPid)
    }
  }
}

extension Call {
  /// Hands over what was noted of so many inputs from `index` on.
  func takeFacts(from index: Int, count: Int) -> [OutcomeFacts] {
    guard facts != nil else { return [] }
    return (index..<(index + count)).map { facts?.removeValue(forKey: $0) ?? .unknown }
  }
}
