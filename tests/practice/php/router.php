<?php
/**
 * Gives PHP's built-in server the addresses of Wikimedia Commons, its rules on thumbnails and its bad days.
 */

namespace Practice;

const STEPS = [ 20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840 ];
const HIDDEN = [ 'deleted', 'temp', 'lockdir' ];
const MEDIA = '/wikipedia/commons/';

/** Tell whether a fault that lasts for a number of requests applies to this one, and count it down. */
function counted( string $name ): bool {
	$handle = @fopen( faultFile( $name ), 'r+' );
	if ( !$handle ) {
		return false;
	}
	flock( $handle, LOCK_EX );
	$left = (int)stream_get_contents( $handle );
	ftruncate( $handle, 0 );
	rewind( $handle );
	fwrite( $handle, (string)max( 0, $left - 1 ) );
	fclose( $handle );
	return $left > 0;
}

/** Take a fault that strikes once: its value, or null when it is not set. */
function taken( string $name ): ?string {
	$taken = faultFile( $name ) . '.' . getmypid();
	if ( !@rename( faultFile( $name ), $taken ) ) {
		return null;
	}
	$value = trim( file_get_contents( $taken ) );
	unlink( $taken );
	return $value;
}

function faultFile( string $name ): string {
	return folder() . "/faults/$name";
}

function folder(): string {
	return dirname( getenv( 'MW_CONFIG_FILE' ) );
}

/** Answer with an error page that has no more to say than one sentence. */
function refuse( int $status, string $sentence, ?int $retryAfter = null ): bool {
	http_response_code( $status );
	header( 'Content-Type: text/html; charset=utf-8' );
	if ( $retryAfter !== null ) {
		header( "Retry-After: $retryAfter" );
	}
	echo "<!DOCTYPE html><title>Error</title><p>$sentence</p>";
	return true;
}

/** Serve an original or a thumbnail; render the thumbnail when it is a standard one that is missing. */
function media( string $path ): string|bool {
	if ( counted( 'upload-429' ) ) {
		return refuse( 429, 'Too many requests', 1 );
	}
	$inside = substr( $path, strlen( MEDIA ) );
	if ( str_starts_with( $inside, 'thumb/' ) && !isStep( $inside ) ) {
		return is_file( faultFile( 'thumb-429-steps' ) )
			? refuse( 429, 'Use thumbnail steps listed on https://w.wiki/GHai' )
			: refuse( 400, 'Use thumbnail sizes listed on https://w.wiki/GHai' );
	}
	$images = realpath( folder() . '/images' );
	$file = realpath( "$images/$inside" );
	$hidden = in_array( explode( '/', $inside )[0], HIDDEN, true );
	if ( !$hidden && $file !== false && is_file( $file ) && str_starts_with( $file, "$images/" ) ) {
		return send( $file );
	}
	if ( !$hidden && str_starts_with( $inside, 'thumb/' ) ) {
		return run( 'thumb_handler.php' );
	}
	return refuse( 404, 'File not found' );
}

function isStep( string $thumb ): bool {
	return preg_match( '~/(?:[a-z0-9-]*-)?(\d+)px-[^/]+$~', $thumb, $found ) === 1 &&
		in_array( (int)$found[1], STEPS, true );
}

function send( string $file ): bool {
	header( 'Content-Type: ' . mime_content_type( $file ) );
	header( 'Content-Length: ' . filesize( $file ) );
	header( 'Last-Modified: ' . gmdate( 'D, d M Y H:i:s', filemtime( $file ) ) . ' GMT' );
	if ( $_SERVER['REQUEST_METHOD'] !== 'HEAD' ) {
		readfile( $file );
	}
	return true;
}

/** Prepare the surroundings that a script of MediaWiki expects; the caller requires the file at top level. */
function run( string $script ): string {
	$tree = realpath( $_SERVER['DOCUMENT_ROOT'] . '/w' );
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = "/w/$script";
	$_SERVER['SCRIPT_FILENAME'] = "$tree/$script";
	unset( $_SERVER['PATH_INFO'] );
	chdir( $tree );
	return "$tree/$script";
}

/** Let MediaWiki do its work, then lose what it says: an empty 502, or a body shorter than announced. */
function loseReply( string $how ): void {
	ob_start( static function ( string $reply ) use ( $how ): string {
		header_remove( 'Content-Encoding' );
		if ( $how === 'break' ) {
			header( 'Content-Length: ' . ( strlen( $reply ) + 1000 ) );
			return '';
		}
		http_response_code( 502 );
		header( 'Content-Length: 0' );
		return '';
	} );
}

/** Empty the memory cache when somebody else has changed the databases; some of its keys know no wiki prefix. */
function forget(): void {
	$epoch = (string)@file_get_contents( folder() . '/epoch' );
	if ( apcu_fetch( 'practice-epoch' ) !== $epoch ) {
		apcu_clear_cache();
		apcu_store( 'practice-epoch', $epoch );
	}
}

/** Note the request, so that a test can count what a program asked for. */
function note( string $path ): void {
	$asked = array_intersect_key(
		$_GET + $_POST,
		array_flip( [ 'action', 'list', 'prop', 'meta', 'generator' ] )
	);
	$line = [ 'at' => microtime( true ), 'method' => $_SERVER['REQUEST_METHOD'], 'path' => $path ] + $asked;
	file_put_contents( folder() . '/log/requests', json_encode( $line ) . "\n", FILE_APPEND | LOCK_EX );
}

function api(): string|bool {
	if ( counted( 'api-429' ) ) {
		return refuse( 429, 'Too many requests', 1 );
	}
	if ( $_SERVER['REQUEST_METHOD'] === 'POST' && ( $_POST['action'] ?? $_GET['action'] ?? '' ) === 'edit' ) {
		$how = taken( 'lost-reply' );
		if ( $how !== null ) {
			loseReply( $how );
		}
	}
	return run( 'api.php' );
}

function logo(): bool {
	header( 'Content-Type: image/svg+xml' );
	echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 135 135"><g fill="none" stroke="#069" stroke-width="7">' .
		'<rect x="20" y="32" width="62" height="62" rx="6"/><rect x="50" y="50" width="62" height="62" rx="6"/></g>' .
		'<text x="68" y="22" font-family="sans-serif" font-size="15" text-anchor="middle" fill="#333">practice</text></svg>';
	return true;
}

/** Decide: false leaves the request to PHP's server, true means done, a string is the script to run. */
function route(): string|bool {
	$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/' );
	note( $path );
	forget();
	return match ( true ) {
		$path === '/practice-logo.svg' => logo(),
		$path === '/favicon.ico' => refuse( 404, 'No icon' ),
		$path === '/w/api.php' => api(),
		$path === '/' || str_starts_with( $path, '/wiki/' ) => run( 'index.php' ),
		str_starts_with( $path, MEDIA ) => media( $path ),
		default => false,
	};
}

$decision = route();
if ( !is_string( $decision ) ) {
	return $decision;
}
require $decision;
