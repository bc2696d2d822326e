<?php
/**
 * Everything that makes a MediaWiki a practice wiki; LocalSettings.php of an instance only names its folder.
 *
 * All passwords and keys here are public on purpose: the wiki listens on loopback only.
 */

if ( !defined( 'MEDIAWIKI' ) ) {
	exit;
}

/** @var string $practiceDir the folder of this instance, set by LocalSettings.php */
$practiceAddress = trim( file_get_contents( "$practiceDir/address" ) );
$practiceEpoch = is_file( "$practiceDir/epoch" ) ? trim( file_get_contents( "$practiceDir/epoch" ) ) : '0';
$practiceFault = static function ( string $name ) use ( $practiceDir ): ?string {
	$file = "$practiceDir/faults/$name";
	return PHP_SAPI !== 'cli' && is_file( $file ) ? trim( file_get_contents( $file ) ) : null;
};
$practiceDatabase = static fn ( string $name ): array => [
	'type' => 'sqlite',
	'dbname' => $name,
	'tablePrefix' => '',
	'variables' => [ 'synchronous' => 'OFF' ],
	'dbDirectory' => "$practiceDir/sqlite",
	'trxMode' => 'IMMEDIATE',
	'flags' => 0,
];

// Addresses
$wgSitename = 'Practice Commons';
$wgMetaNamespace = 'Practice_Commons';
$wgServer = $practiceAddress;
$wgScriptPath = '/w';
$wgResourceBasePath = '/w';
$wgArticlePath = '/wiki/$1';
$wgUsePathInfo = true;
$wgLogos = [ '1x' => '/practice-logo.svg', 'icon' => '/practice-logo.svg' ];
$wgDefaultSkin = 'vector';
$wgLanguageCode = 'en';
$wgLocaltimezone = 'UTC';
$wgCapitalLinks = true;

// Databases
$wgDBtype = 'sqlite';
$wgDBname = 'commonswiki';
$wgSQLiteDataDir = "$practiceDir/sqlite";
$wgLocalisationCacheConf['storeServer'] = $practiceDatabase( 'commonswiki_l10n_cache' );
$wgJobTypeConf['default'] = [
	'class' => 'JobQueueDB',
	'claimTTL' => 3600,
	'server' => $practiceDatabase( 'commonswiki_jobqueue' ),
];
$wgJobRunRate = 10;
$wgRunJobsAsync = false;

// Caches. A new epoch, like the router's forget(), disowns all of them; logins have a keyspace and a
// database of their own and outlive it.
$wgObjectCaches[CACHE_DB] = [
	'class' => SqlBagOStuff::class,
	'loggroup' => 'SQLBagOStuff',
	'server' => $practiceDatabase( 'wikicache' ),
];
$wgObjectCaches['logins'] = [
	'class' => SqlBagOStuff::class,
	'keyspace' => 'practice',
	'server' => $practiceDatabase( 'logins' ),
];
$wgMainCacheType = CACHE_ACCEL;
$wgParserCacheType = CACHE_DB;
$wgSessionCacheType = 'logins';
$wgCachePrefix = "commonswiki-$practiceEpoch";
$wgCacheDirectory = "$practiceDir/cache";

// Files, as on Wikimedia: standard widths only, rendered when first asked for
$wgEnableUploads = true;
$wgUploadDirectory = "$practiceDir/images";
$wgUploadPath = "$practiceAddress/wikipedia/commons";
$wgUseImageMagick = false;
$wgGenerateThumbnailOnParse = false;
$wgThumbnailSteps = [ 20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840 ];
$wgThumbnailStepsRatio = 1;
$wgThumbnailMinimumBucketDistance = 50;
$wgMaxImageArea = 1e9;
$wgFileExtensions = [ 'jpg', 'jpeg', 'png', 'gif', 'webp', 'tif', 'tiff', 'svg', 'pdf' ];
$wgStrictFileExtensions = true;
$wgTrustedMediaFormats[] = 'image/tiff';

// People
$wgRateLimits = [];
$wgPasswordAttemptThrottle = [];
$wgEnableEmail = false;
$wgGroupPermissions['bot']['apihighlimits'] = true;
$wgGroupPermissions['autoconfirmed']['autoconfirmed'] = true;
$wgAutoConfirmAge = 0;
$wgShowExceptionDetails = true;
$wgPingback = false;
$wgSecretKey = str_repeat( 'public', 11 );
$wgUpgradeKey = 'public';
$wgAuthenticationTokenVersion = '1';

wfLoadSkin( 'Vector' );
wfLoadExtension( 'ParserFunctions' );

// Search
$wgAutoloadClasses['PracticeSearch'] = __DIR__ . '/PracticeSearch.php';
$wgAutoloadClasses['PracticeSearchResults'] = __DIR__ . '/PracticeSearchResults.php';
$wgAutoloadClasses['PracticeSearchTerms'] = __DIR__ . '/PracticeSearchTerms.php';
$wgAutoloadClasses['PracticeSearchFilters'] = __DIR__ . '/PracticeSearchFilters.php';
$wgSearchType = PracticeSearch::class;
$wgDisableSearchUpdate = true;
$wgPracticeSearchWindow = (int)( $practiceFault( 'search-window' ) ?? 10000 );
$wgPracticeSearchWarning = $practiceFault( 'search-warning' );

// What Commons knows beside its own pages; without it the wiki is one of MediaWiki alone
$wgPracticeFolder = $practiceDir;
$wgAutoloadClasses['PracticeBeside'] = __DIR__ . '/PracticeBeside.php';
if ( $practiceFault( 'core-only' ) === null ) {
	$wgAutoloadClasses['PracticeGlobalUsage'] = __DIR__ . '/PracticeGlobalUsage.php';
	$wgAutoloadClasses['PracticeEntities'] = __DIR__ . '/PracticeEntities.php';
	$wgAPIPropModules['globalusage'] = PracticeGlobalUsage::class;
	$wgAPIModules['wbgetentities'] = PracticeEntities::class;
}

// Faults, and one favour
if ( $practiceFault( 'may-create' ) !== null ) {
	$wgGrantPermissions['editpage']['createpage'] = true;
}
$practiceReadOnly = $practiceFault( 'readonly' );
if ( $practiceReadOnly !== null ) {
	$wgReadOnly = $practiceReadOnly;
}
$practiceLag = $practiceFault( 'lag' );
if ( $practiceLag !== null ) {
	$wgHooks['ApiMaxLagInfo'][] = static function ( array &$lagInfo ) use ( $practiceLag ) {
		$lagInfo = [ 'host' => 'practice', 'lag' => (float)$practiceLag, 'type' => 'db' ];
	};
}
