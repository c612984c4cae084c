// What a function threw, as the caller sees it: by name and text always, and as the original where it can
// travel.

/// An error that a function threw in its container.
public struct UserCodeError: Error, Sendable, CustomStringConvertible {
  /// The error's type, with its module: `MyModule.ParseError`.
  public let typeName: String
  /// The error's own description; very long ones arrive trimmed.
  public let message: String
  /// The original error, rebuilt, if its type is `Codable` or a `Payload`; otherwise nil.
  ///
  /// Nil, too, for types that are private or local to a function: they cannot be looked up by name.
  public let underlying: (any Error)?

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - typeName: The name of the type that was thrown.
  ///   - message: Its description.
  ///   - underlying: The original, if it is at hand.
  public init(typeName: String, message: String, underlying: (any Error)? = nil) {
    self.typeName = typeName
    self.message = message
    self.underlying = underlying
  }

  /// A full sentence with the type's name and the message.
  public var description: String {
    message.isEmpty ? "The function threw \(typeName)." : "The function threw \(typeName): \(message)"
  }
}
