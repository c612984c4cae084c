#!/usr/bin/env perl
# Perl's MCE, by the protocol of the harness: mce_map over an array or, where inputs are consecutive numbers, over a
# sequence that the workers count themselves; MCE::Loop with gather for results as they come, and without for none.
use strict;
use warnings;
use JSON::PP;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use constant MEBI => 1 << 20;

sub stop {
    my ($sentence, $status) = @_;
    print STDERR "$sentence\n";
    exit($status // 2);
}

# Where Sereal is installed, MCE chooses it by itself.
eval { require MCE::Map; require MCE::Loop; MCE::Map->import; MCE::Loop->import; 1 }
    or stop('MCE is not installed for perl: run Benchmarks/Rivals/install.', 3);

# chunk=0: what MCE chooses.
my %workloads = (
    'w1-collect'   => { by => ['sequence', 'array'], chunk => [65536, 0, 8192, 524288] },
    'w1-unordered' => { chunk => [65536, 0, 8192, 524288] },
    'w1-foreach'   => { chunk => [65536, 0, 8192, 524288] },
    'w5-in'        => { chunk => [1, 0, 4, 16] },
    'w5-echo'      => { chunk => [1, 0, 4, 16] },
);
my $workload = shift(@ARGV) // '';
if ($workload eq '--about') {
    my $version = sprintf('Perl %vd, MCE %s', $^V, MCE->VERSION);
    print JSON::PP->new->canonical->encode({ name => 'MCE', version => $version, workloads => \%workloads }), "\n";
    exit 0;
}
my $sweep = $workloads{$workload} or stop("'$workload' is no workload of this rival: see --about.");
my %settings = (workers => 2, n => $workload =~ /^w5/ ? 256 : 8_000_000, map { $_ => $sweep->{$_}[0] } keys %$sweep);
for (@ARGV) {
    my ($name, $value) = split /=/, $_, 2;
    stop("'$_' is no setting of $workload.") unless defined $value && exists $settings{$name};
    $settings{$name} = $value;
}
my $n = $settings{n};
my %options = (max_workers => $settings{workers}, chunk_size => $settings{chunk} || 'auto');
MCE::Map->init(%options);
my $sum = 0;
MCE::Loop->init(%options, gather => sub { $sum += $_ for @{ $_[0] } });

# One sub for each, so that the workers of the warm-up stay for the measurement.
my $square = sub { $_ * $_ };
my $echo   = sub { $_ };
my $weigh  = sub {
    my $total = length;
    for (my $at = 0; $at < length; $at += 4096) { $total += ord(substr($_, $at, 1)) }
    $total;
};
my $add = sub {
    my ($mce, $chunk) = @_;
    MCE->gather([map { $_ * $_ } @$chunk]);
};
my $forget = sub {
    my ($mce, $chunk) = @_;
    for (@$chunk) { my $output = $_ * $_ }
};

sub timed {
    my ($call) = @_;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    $call->();
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

sub check {
    my ($outputs, $count, $expected) = @_;
    my $wrong = @$outputs != $count;
    for my $x (0 .. $count - 1) { last if $wrong; $wrong = $outputs->[$x] ne $expected->($x) }
    stop('The outputs are wrong.') if $wrong;
}

my $seconds;
if ($workload eq 'w1-collect' && $settings{by} eq 'sequence') {
    my @outputs = &mce_map_s($square, 0, ($n < 100_000 ? $n : 100_000) - 1);
    $seconds = timed(sub { @outputs = &mce_map_s($square, 0, $n - 1) });
    check(\@outputs, $n, sub { $_[0] * $_[0] });
}
elsif ($workload =~ /^w1/) {
    my @inputs = (0 .. $n - 1);
    my @few    = (0 .. ($n < 100_000 ? $n : 100_000) - 1);
    if ($workload eq 'w1-collect') {
        my @outputs = &mce_map($square, \@few);
        $seconds = timed(sub { @outputs = &mce_map($square, \@inputs) });
        check(\@outputs, $n, sub { $_[0] * $_[0] });
    }
    else {
        my $body = $workload eq 'w1-unordered' ? $add : $forget;
        &mce_loop($body, \@few);
        $sum     = 0;
        $seconds = timed(sub { &mce_loop($body, \@inputs) });
        my $right = ($n - 1) * $n * (2 * $n - 1) / 6;
        stop("The outputs do not have the right sum.") if $body == $add && abs($sum / ($right || 1) - 1) > 1e-9;
    }
}
else {
    my @inputs = map { chr($_ & 255) x MEBI } 0 .. $n - 1;
    my ($body, $expected) =
        $workload eq 'w5-in'
        ? ($weigh, sub { MEBI + MEBI / 4096 * ($_[0] & 255) })
        : ($echo, sub { $inputs[ $_[0] ] });
    my @few     = @inputs[0 .. ($n < 16 ? $n : 16) - 1];
    my @outputs = &mce_map($body, \@few);
    $seconds = timed(sub { @outputs = &mce_map($body, \@inputs) });
    check(\@outputs, $n, $expected);
}
MCE::Map->finish;
MCE::Loop->finish;
printf "{\"seconds\": %.9f, \"n\": %d}\n", $seconds, $n;
