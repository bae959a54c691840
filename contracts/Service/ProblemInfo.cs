namespace OrleansStream.Service;

/// <summary>A refusal as REST sends it, <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">A URI that names the kind: <c>urn:orleansstream:</c> and the code.</param>
/// <param name="Title">The code in words.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Detail">What is wrong, and the remedy.</param>
/// <param name="Code">Why.</param>
public sealed record ProblemInfo(string Type, string Title, int Status, string Detail, JobServiceError Code);
