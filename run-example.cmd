@echo off
rem Runs an example, building what is needed:
rem   run-example                    lists the examples
rem   run-example NAME [ARGUMENT...]
setlocal
cd /d "%~dp0"
set "LIST=examples\src\main\resources\io\github\nettyiocp\examples\examples.txt"
if "%~1"=="" goto list

set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
if defined WINDOWS_JAVA_HOME set "JAVA=%WINDOWS_JAVA_HOME%\bin\java"
"%JAVA%" --version 2>nul | findstr /r /c:"^[a-z]* 2[5-9]" /c:"^[a-z]* [3-9][0-9]" >nul
if errorlevel 1 (
    echo A JDK of version 25 or later is needed: install one and let JAVA_HOME name it. 1>&2
    exit /b 1
)
call mvnw.cmd -q -B -pl examples -am -Dmaven.test.skip=true package
if errorlevel 1 exit /b 1
rem The stand-in for Docker's Engine.
if "%~1"=="docker-info" "%JAVA%" tools\SetUpPeers.java "%CD%" 1>&2
"%JAVA%" -jar examples\target\examples.jar %*
exit /b %errorlevel%

:list
echo The examples (run-example NAME):
for /f "usebackq tokens=1,2*" %%a in ("%LIST%") do echo   %%a: %%c
